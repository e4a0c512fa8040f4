"""The list of key corporate-finance clients, and grades of several schemes on one ladder."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"

# How long an entry of the corporate list may run and how long its tier outlives it (CR-22, CR-24).
_CORPORATE_VALUES = """
UPDATE standing_policies
SET "values" = "values" || '{"corporate_vip_months_max": 24, "corporate_vip_grace_days": 0}'
"""
# Code, names, article, grades: code, names, attribute and value, article. The highest grade first.
_FIRST = (
    ("ccb-card-level", "建行卡级别", "CCB card level", "CCB Art. 2", (
        ("head-office", "总行级", "Head-office level", "card_level", "head_office", "CCB Art. 6"),
        ("branch", "分行级", "Branch level", "card_level", "branch", "CCB Art. 8"),
    )),
    ("boc-service-tier", "中行服务层级", "BOC service tier", "BOC-S Art. 27, 28, 33, 34", (
        ("corporate-vip", "公司VIP", "Corporate VIP", "service_tier", "corporate_vip", "BOC-S Art. 27"),
        ("private-banking", "私行", "Private banking", "service_tier", "private_banking", "BOC-S Art. 27, 31(2)"),
        ("wealth", "财富", "Wealth", "service_tier", "wealth", "BOC-S Art. 27, 31(2)"),
        ("wealth-management", "理财", "Wealth management", "service_tier", "wealth_management", "BOC-S Art. 27, A4"),
        ("potential", "潜力客户", "Potential client", "potential", "yes", "BOC-S Art. 33"),
        ("ordinary", "普通/大众客户", "Ordinary client", "service_tier", "mass", "BOC-S Art. 34"),
    )),
    ("boc-c-value", "客户价值分类", "Value class", "BOC-C 客户分类管理 1", (
        ("high", "高价值客户", "High value", "value_class", "high", "BOC-C 客户分类管理 1"),
        ("mid", "中价值客户", "Mid value", "value_class", "mid", "BOC-C 客户分类管理 1"),
        ("low", "低价值客户", "Low value", "value_class", "low", "BOC-C 客户分类管理 1"),
    )),
    ("boc-c-need", "客户需求分类", "Needs", "BOC-C 客户分类管理 1", (
        ("investment", "投资需求", "Investment", "needs", "investment", "BOC-C 客户分类管理 1"),
        ("financing", "融资需求", "Financing", "needs", "financing", "BOC-C 客户分类管理 1"),
        ("settlement", "结算需求", "Settlement", "needs", "settlement", "BOC-C 客户分类管理 1"),
    )),
    ("boc-c-risk", "客户风险分类", "Risk class", "BOC-C 客户分类管理 1", (
        ("high", "高风险", "High risk", "risk_class", "high", "BOC-C 客户分类管理 1"),
        ("mid", "中风险", "Mid risk", "risk_class", "mid", "BOC-C 客户分类管理 1"),
        ("low", "低风险", "Low risk", "risk_class", "low", "BOC-C 客户分类管理 1"),
    )),
    ("boc-service-institution", "三级服务机构", "Service institutions", "BOC-S Art. 28(1)", (
        ("private-bank", "私人银行", "Private bank", "service_institution", "private_bank", "BOC-S Art. 28(1)"),
        ("wealth-centre", "财富中心", "Wealth centre", "service_institution", "wealth_centre", "BOC-S Art. 28(1)"),
        ("wealth-management-centre", "理财中心", "Wealth-management centre", "service_institution", "wealth_management_centre",
         "BOC-S Art. 28(1)"),
    )),
)  # fmt: skip
_GRADE = ("code", "name_zh", "name_en", "attribute", "value", "article")
_ADD = sa.text(
    """
    INSERT INTO grade_schemes (id, code, version, name_zh, name_en, article, valid_from, status, proposed_by, grades)
    VALUES (uuidv7(), :code, 1, :zh, :en, :article, '2020-01-01', 'approved', 'system:client-registry',
            CAST(:grades AS jsonb))
    """
)


def upgrade() -> None:
    # Not through the statement's own bind syntax: the text holds colons.
    op.get_bind().exec_driver_sql(_CORPORATE_VALUES)
    op.create_table(
        "corporate_vips",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("grounds_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_no", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier_before", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'refused', 'ended')", name=op.f("ck_corporate_vips_status")
        ),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_corporate_vips_valid_dates")),
        sa.CheckConstraint("decided_by IS DISTINCT FROM proposed_by", name=op.f("ck_corporate_vips_two_people")),
        sa.CheckConstraint("(status = 'proposed') = (decided_by IS NULL)", name=op.f("ck_corporate_vips_decided")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_corporate_vips_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_vips")),
    )
    op.create_index("ix_corporate_vips_client_id_id", "corporate_vips", ["client_id", "id"])
    op.create_table(
        "grade_schemes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("grades", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('proposed', 'approved', 'refused')", name=op.f("ck_grade_schemes_status")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_grade_schemes_valid_dates")
        ),
        sa.CheckConstraint("decided_by IS DISTINCT FROM proposed_by", name=op.f("ck_grade_schemes_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_schemes")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_grade_schemes_code_version")),
    )
    for code, zh, en, article, grades in _FIRST:
        listed = [dict(zip(_GRADE, grade, strict=True)) for grade in grades]
        given = {"code": code, "zh": zh, "en": en, "article": article, "grades": json.dumps(listed, ensure_ascii=False)}
        op.get_bind().execute(_ADD, given)
