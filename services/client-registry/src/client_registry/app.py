"""What the client registry is made of."""

from pathlib import Path

from chassis.assembly import Service
from chassis.overdue import Escalation
from chassis.texts import Text

from client_registry.api import routers
from client_registry.api.conflicts import CONFLICTS
from client_registry.consumers import hears
from client_registry.jobs import operations, sweeps
from client_registry.jobs.commands import COMMANDS
from client_registry.settings import Settings
from client_registry.tables import metadata

SERVICE = Service(
    name="client-registry",
    settings=Settings,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    routers=routers,
    hears=hears,
    sweeps=sweeps,
    operations=operations,
    commands=COMMANDS,
    conflicts=CONFLICTS,
    title=Text(en="Client registry", zh="客户登记服务"),
    escalation=Escalation(people_to="wealth_centre_head", above="client_service_section"),
    work_item_texts={
        "erasure.list-prepared": Text(
            en="The retention of former clients is over; look at the list and put it forward (CR-80).",
            zh="有客户档案保存期满，请核对删除清单并提交（CR-80）。",
        ),
        "erasure.request": Text(
            en="A client asks that the personal data be erased; answer in time, with the reason of a refusal (CR-80).",
            zh="客户请求删除个人信息，请在期限内答复，不同意的说明原因（CR-80）。",
        ),
        "service-request.overdue": Text(
            en="A client stated a need ten minutes ago and nobody has responded (CR-101).",
            zh="客户提出需求已满10分钟仍无人响应（CR-101）。",
        ),
        "emergency-cash.release": Text(
            en="Emergency cash waits for your release or refusal (CR-91).",
            zh="紧急现金援助申请待您批准或拒绝（CR-91）。",
        ),
        "emergency-cash.released": Text(
            en="Your client was given emergency cash away from home; get in touch (CR-91).",
            zh="您的客户在异地领取了紧急现金援助，请与客户联系（CR-91）。",
        ),
        "away-service.follow-up": Text(
            en="Another unit served this client; read what it did and record your follow-up (CR-99).",
            zh="该客户在异地机构接受了服务，请查看反馈并登记跟进情况（CR-99）。",
        ),
        "away-service.follow-up-overdue": Text(
            en="The follow-up on a service away from home is overdue (CR-99).", zh="异地服务跟进已逾期（CR-99）。"
        ),
        "away-service.no-card": Text(
            en="The client was served without a VIP card; have one issued (CR-98).",
            zh="客户在异地接受服务时尚无贵宾卡，请为客户办理（CR-98）。",
        ),
        "away-service.card-not-shown": Text(
            en="The client came without the VIP card; remind the client to bring it (CR-98).",
            zh="客户接受服务时未带贵宾卡，请提醒客户携带（CR-98）。",
        ),
        "away-service.report": Text(
            en="Report on the private-banking client to the provincial department within 24 hours (CR-100).",
            zh="请在24小时内向省分行私人银行部报送《私人银行客户业务处理情况登记表》（CR-100）。",
        ),
        "away-service.report-overdue": Text(
            en="A unit owes the report on a private-banking client; 24 hours have passed (CR-100).",
            zh="私人银行客户业务处理情况登记表逾期未报送（CR-100）。",
        ),
        "clients.identity-changed": Text(
            en="Your client's name or identity document was changed; take note and tell who works with it.",
            zh="您的客户姓名或证件已变更，请知悉并通知相关人员。",
        ),
        "clients.document-known": Text(
            en="Somebody elsewhere tried to register this client's identity document; find out why.",
            zh="有人在其他机构尝试以该客户的证件登记新档案，请核实原因。",
        ),
        "qualification.contact": Text(
            en="This client meets the VIP standard; contact the client and offer the membership.",
            zh="该客户已符合 VIP 标准，请主动联系客户，介绍并征询其入会意愿。",
        ),
        "qualification.contact-near": Text(
            en="This client is near the VIP standard; contact the client and say what would meet it.",
            zh="该客户临近 VIP 标准，请主动联系客户，说明达标所需条件。",
        ),
        "evaluation.figures-missing": Text(
            en="The month was evaluated on its latest day though figures are missing; have them delivered (A5).",
            zh="本月数据未齐，已按最迟日期进行月度评定，请督促补报数据（A5）。",
        ),
        "evaluation.stopped": Text(
            en="The month's evaluation was stopped before its end; look at the operation and begin it again (A5).",
            zh="月度评定未完成即已停止，请查看作业并重新发起（A5）。",
        ),
        "classification.reassess": Text(
            en="This client is of high risk: assess the client anew, review business strictly and control the exposure.",
            zh="该客户为高风险客户，请重新评估，严格审查业务并控制风险敞口。",
        ),
        "admission.approved": Text(
            en="An exceptional admission was approved for this client; offer the membership while it runs.",
            zh="该客户已获特批准入，请在有效期内征询其入会意愿。",
        ),
        "account.look.large_inflow": Text(
            en="A large amount came in on this client's accounts; look at it and speak with the client.",
            zh="该客户账户有大额资金转入，请关注并与客户沟通。",
        ),
        "account.look.large_outflow": Text(
            en="A large amount went out of this client's accounts; look at it and speak with the client.",
            zh="该客户账户有大额资金转出，请关注并与客户沟通。",
        ),
        "account.look.dormant": Text(
            en="An account of this client has gone dormant; ask the client about it.",
            zh="该客户账户长期不动，请向客户了解情况。",
        ),
        "account.changed.deposit-down": Text(
            en="Deposits of this client fell far below their usual level; look at it and speak with the client (CR-51).",
            zh="该客户存款较其平常水平明显下降，请关注并与客户沟通（CR-51）。",
        ),
        "account.changed.deposit-up": Text(
            en="Deposits of this client rose far above their usual level; look at it and speak with the client (CR-51).",
            zh="该客户存款较其平常水平明显上升，请关注并与客户沟通（CR-51）。",
        ),
        "account.changed.assets-down": Text(
            en="Assets of this client fell far below their usual level; look at it and speak with the client (CR-51).",
            zh="该客户资产较其平常水平明显下降，请关注并与客户沟通（CR-51）。",
        ),
        "account.changed.assets-up": Text(
            en="Assets of this client rose far above their usual level; look at it and speak with the client (CR-51).",
            zh="该客户资产较其平常水平明显上升，请关注并与客户沟通（CR-51）。",
        ),
        "account.changed.spending-down": Text(
            en="Card spending of this client fell far below its usual level; look at it and speak with the client (CR-51).",
            zh="该客户刷卡消费较其平常水平明显下降，请关注并与客户沟通（CR-51）。",
        ),
        "account.changed.spending-up": Text(
            en="Card spending of this client rose far above its usual level; look at it and speak with the client (CR-51).",
            zh="该客户刷卡消费较其平常水平明显上升，请关注并与客户沟通（CR-51）。",
        ),
        "first-meeting.record": Text(
            en="Nothing of a first meeting with this client is on file; enter what was obtained and file the meeting (CR-47).",
            zh="该客户尚无首次会面记录，请将会面取得的信息登记归档（CR-47）。",
        ),
        "upward-report.acknowledge": Text(
            en="A manager reports something important about this client; read it and acknowledge it (CR-46).",
            zh="客户经理上报了该客户的重要信息，请查看并签收（CR-46）。",
        ),
        "qualification.review": Text(
            en="The figures behind a filed qualification were corrected; look at it and say what becomes of it.",
            zh="已备案资格所依据的数据已更正，请复核并给出处理结果。",
        ),
        "manager.hand-over-answer": Text(
            en="A client is offered to you; accept or decline the hand-over.",
            zh="有客户拟移交给您，请接收或说明不予接收的原因。",
        ),
        "manager.hand-over-unanswered": Text(
            en="A client's hand-over was not answered in time; decide who looks after the client.",
            zh="客户移交逾期未接收，请确定该客户的客户经理。",
        ),
        "manager.missing": Text(
            en="This client has no manager at his post; assign one.",
            zh="该客户无在岗客户经理，请及时指派。",
        ),
        "post-hand-over.sign": Text(
            en="Clients came over to you; check the list and sign the hand-over record.",
            zh="有客户移交给您，请核对交接清单并签署交接记录。",
        ),
        "information.verify": Text(
            en="This client's information is incomplete or was not confirmed for a long time; check it with the client.",
            zh="该客户信息不完整或长期未核实，请与客户核对并更新。",
        ),
        "potential.follow-up": Text(
            en="Follow up on this potential client and record the next step (CR-52).",
            zh="请跟进该潜力客户并登记下一步计划（CR-52）。",
        ),
        "household.check": Text(
            en="Two files of one client were made one; look at the household and its relations (CR-48).",
            zh="该客户的两份档案已合并，请核对其家庭成员及关系（CR-48）。",
        ),
        "second-entry.enter": Text(
            en="A colleague's entry waits to be entered a second time by another person (XC-21).",
            zh="同事首次录入的信息待另一人独立复录（XC-21）。",
        ),
        "second-entry.differs": Text(
            en="The second entry differs from yours in some fields; correct yours or have it entered again (XC-21).",
            zh="第二次录入与您的录入有栏目不一致，请更正或由对方重新录入（XC-21）。",
        ),
        "second-entry.refused": Text(
            en="Your entry and the second one differed too often; nothing was done, begin anew (XC-21).",
            zh="两次录入多次不一致，未予登记，请重新办理（XC-21）。",
        ),
        "second-entry.expired": Text(
            en="Nobody entered your entry a second time; nothing was done, begin anew (XC-21).",
            zh="无人复录，首次录入已过期，未予登记，请重新办理（XC-21）。",
        ),
        "second-entry.overtaken": Text(
            en="The form was changed by somebody else before the second entry; nothing was done, begin anew (XC-21).",
            zh="复录前登记表已被他人修改，未予登记，请重新办理（XC-21）。",
        ),
        "profile.changed": Text(
            en="This client's information was changed; look at what changed and act on it.",
            zh="该客户的信息已变更，请查看变更内容并作相应处理。",
        ),
    },
)
