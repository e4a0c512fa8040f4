"""The 38 first-level branches of the example and the real places below them (domain decisions, section 10).

County-level codes are those of the statistics bureau's 2023 edition; they stand in invented resident numbers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A second-level branch's place: a city, or a district where the branch is a city itself."""

    name_zh: str
    name_en: str
    area: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A first-level branch with its two letters."""

    code: str
    name_zh: str
    name_en: str
    places: tuple[Place, ...]


def _branch(line: str) -> Branch:
    head, *rest = [part.strip() for part in line.split("|")]
    code, name_zh, name_en = head.split(" ", 2)
    places = tuple(Place(*part.split(" ")) for part in rest)
    return Branch(code, name_zh, name_en, places)


BRANCHES = tuple(
    _branch(line)
    for line in """
BJ 北京 Beijing | 东城 Dongcheng 110101 | 西城 Xicheng 110102 | 朝阳 Chaoyang 110105 | 海淀 Haidian 110108
TJ 天津 Tianjin | 和平 Heping 120101 | 河西 Hexi 120103
HE 河北 Hebei | 石家庄 Shijiazhuang 130102 | 唐山 Tangshan 130202
SX 山西 Shanxi | 太原 Taiyuan 140105 | 大同 Datong 140213
NM 内蒙古 Inner-Mongolia | 呼和浩特 Hohhot 150102 | 包头 Baotou 150203
LN 辽宁 Liaoning | 沈阳 Shenyang 210102 | 鞍山 Anshan 210302
JL 吉林 Jilin | 长春 Changchun 220102 | 吉林市 Jilin-City 220202
HL 黑龙江 Heilongjiang | 哈尔滨 Harbin 230102 | 大庆 Daqing 230602
SH 上海 Shanghai | 黄浦 Huangpu 310101 | 浦东 Pudong 310115
JS 江苏 Jiangsu | 南京 Nanjing 320102 | 无锡 Wuxi 320213
ZJ 浙江 Zhejiang | 杭州 Hangzhou 330106 | 温州 Wenzhou 330302
AH 安徽 Anhui | 合肥 Hefei 340103 | 芜湖 Wuhu 340202
FJ 福建 Fujian | 福州 Fuzhou 350102 | 泉州 Quanzhou 350502
JX 江西 Jiangxi | 南昌 Nanchang 360102 | 九江 Jiujiang 360403
SD 山东 Shandong | 济南 Jinan 370102 | 烟台 Yantai 370602
HA 河南 Henan | 郑州 Zhengzhou 410105 | 洛阳 Luoyang 410302
HB 湖北 Hubei | 武汉 Wuhan 420106 | 襄阳 Xiangyang 420602
HN 湖南 Hunan | 长沙 Changsha 430102 | 株洲 Zhuzhou 430202
GD 广东 Guangdong | 广州 Guangzhou 440106 | 佛山 Foshan 440604
GX 广西 Guangxi | 南宁 Nanning 450103 | 柳州 Liuzhou 450202
HI 海南 Hainan | 海口 Haikou 460106 | 三亚 Sanya 460204
CQ 重庆 Chongqing | 渝中 Yuzhong 500103 | 万州 Wanzhou 500101
SC 四川 Sichuan | 成都 Chengdu 510105 | 绵阳 Mianyang 510703
GZ 贵州 Guizhou | 贵阳 Guiyang 520102 | 遵义 Zunyi 520302
YN 云南 Yunnan | 昆明 Kunming 530102 | 曲靖 Qujing 530302
XZ 西藏 Tibet | 拉萨 Lhasa 540102 | 日喀则 Xigaze 540202
SN 陕西 Shaanxi | 西安 Xi'an 610103 | 宝鸡 Baoji 610302
GS 甘肃 Gansu | 兰州 Lanzhou 620102 | 天水 Tianshui 620502
QH 青海 Qinghai | 西宁 Xining 630104 | 海东 Haidong 630202
NX 宁夏 Ningxia | 银川 Yinchuan 640104 | 石嘴山 Shizuishan 640202
XJ 新疆 Xinjiang | 乌鲁木齐 Urumqi 650102 | 克拉玛依 Karamay 650203
DL 大连 Dalian | 中山 Zhongshan 210202 | 沙河口 Shahekou 210204
NB 宁波 Ningbo | 海曙 Haishu 330203 | 鄞州 Yinzhou 330212
XM 厦门 Xiamen | 思明 Siming 350203 | 湖里 Huli 350206
QD 青岛 Qingdao | 市南 Shinan 370202 | 崂山 Laoshan 370212
SZ 深圳 Shenzhen | 福田 Futian 440304 | 南山 Nanshan 440305
SU 苏州 Suzhou | 姑苏 Gusu 320508 | 吴江 Wujiang 320509
TG 三峡 Three-Gorges | 西陵 Xiling 420502 | 伍家岗 Wujiagang 420503
""".strip().splitlines()
)
