"""Undoing an import of clients: why a file stays. Every file is looked at again when it is taken back."""

from chassis.texts import Text

# As the erasure says it.
CAUSE = "import_undone"

WHY_KEPT = {
    "merged": Text(en="merged with another file", zh="已与其他档案合并"),
    "died": Text(en="the client's death is on record", zh="已登记客户身故"),
    "ended": Text(en="the relationship has ended since", zh="客户关系已终止"),
    "decision": Text(en="a filed or approved decision", zh="已有备案或审批的认定"),
    "membership": Text(en="the client has joined", zh="客户已入会"),
    "card": Text(en="a card or card number", zh="已有卡片或卡号"),
    "service": Text(en="a contact, complaint or service since", zh="已有联系、投诉或服务记录"),
    "consent": Text(en="a consent recorded since", zh="已另行登记同意事项"),
    "hand_over": Text(en="handed over, reassigned or moved since", zh="已移交、重新分配或迁移"),
    "file": Text(en="the file was filled or changed since", zh="档案已补充或变更"),
    "household": Text(en="a member of a household", zh="已登记为家庭成员"),
    "paper": Text(en="a paper was added", zh="已上传资料"),
    "shared": Text(en="shared with another unit", zh="已共享给其他机构"),
    "hold": Text(en="a legal hold or a request about the file", zh="已有法律保全或删除请求"),
    "bank_report": Text(en="a report of the bank's systems", zh="已有系统报送的事件"),
    "figures": Text(en="figures from elsewhere", zh="已有其他来源的数据"),
    "other": Text(en="another record since", zh="已有其他记录"),
}
