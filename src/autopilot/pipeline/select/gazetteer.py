"""Gazetteer: cities, capitals, states and provinces, and the country each speaks for.

Cities are those of 100,000 inhabitants or more (`cities.tsv`, from GeoNames, CC BY 4.0). A name that
cities of two countries have speaks for both, by their sizes; one that is also a plain word speaks
for none, and one that is also a first name speaks more softly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from autopilot.pipeline.select.words import plain

CITY_WEIGHT = 0.7
FIRST_NAME_WEIGHT = 0.3
MIN_SHARE = 0.2
SURE_THOUSANDS = 200
"""Smaller cities, and shared names, speak for a country that was asked for, never against one."""

_MIN_LETTERS = 4

_WORDS = """
Bade Bali Bama Ban Bath Batman Beed Bend Best Born Bright Buda Bury Central Chas Chi Clay
Comilla Concord Cork Corona Dale Date Delta Derby Dog Elche Enterprise Gain Gap Gary Golf
Golfe Grand Hamm Hub Hull Independence Joker Kent Kind Kiss Lima Linden Link Loud Major Male
Man Mango Manta Mari Marina Marka Marks Mary Masai Mesa Metro Miracle Mission Mitte Mobile
Most Mora Naga Natal Nice Normal Of Orange Pandi Pare Paradise Pest Pine Police Praise Prime
Pure Reading Roses Sale Same Samba Sandy Secunda Serra Seven Simi Singa Split Spring
Surprise Tama Tanga Temple Tours Tower Troy Union Vista Wola Worthing York Young Bear Spa
Opportunity District Downtown East West North South Centre Center Sunrise Sugar Surplus Rewa
Gala Fuji Canon Casa Como Data Toyota Aurora Phoenix Pearl Liberty Freedom Victory Hope
Faith Peace Merlo Colon Media Plantation Everest Republic Bursa Rosario Imperial University
Parole Crato Quibala Mansa Puri Nada Latur Sidon Tali Brent Ajax Elgin Formosa Gloria
Paulista Capital Santa San Los Las Sari Sofia Page Ordos Bor Tema
"""
_FIRST_NAMES = """
Adelaide Alexandria Antonio Augusta Austin Benedict Brandon Carson Charlotte Chester
Christian Clarence Clinton Columbia Dallas Denton Diego Douglas Florence Frederick Fernando
Gabriel George Georgetown Grant Hamilton Helena Houston Irving Jackson Jefferson Jordan
Joseph Kirk Laura Lawrence Leon Lincoln Logan Lourdes Madison Margaret Martin Marion
Mercedes Montgomery Morgan Nancy Nelson Norman Olivia Paris Paterson Patrick Peter Quincy
Regina Renton Richmond Roman Salvador Santiago Savannah Sebastian Sidney Stanley Sterling
Surat Sydney Tyler Valencia Vera Vernon Victoria Virginia Warren Washington Wayne Wilson
Winston Darwin Elizabeth Franklin Georgia Carolina Dakota Barnet Preston Bolton Lewis Harrow
Clayton Cary Davie Lafayette Stanton Burton Garland
"""

_SOFT = frozenset(_FIRST_NAMES.split())

_STATES = """
US Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Hawaii|Idaho|Illinois
US Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi
US Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina
US North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee
US Texas|Utah|Vermont|Virginia|Washington state|Washington D.C.|West Virginia|Wisconsin|Wyoming
US Silicon Valley|Wall Street|White House|Manhattan|Brooklyn|Hollywood
CA Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland|Nova Scotia|Ontario|Quebec|Saskatchewan
CA Yukon|Nunavut|Prince Edward Island
AU New South Wales|Queensland|South Australia|Tasmania|Western Australia|Northern Territory|Canberra
DE Bavaria|Bayern|Saxony|Sachsen|Hesse|Hessen|Brandenburg|Thuringia|Thüringen|Rhineland|Saarland
DE Baden-Württemberg|North Rhine-Westphalia|Nordrhein-Westfalen|Lower Saxony|Niedersachsen
DE Schleswig-Holstein|Mecklenburg|Saxony-Anhalt|Sachsen-Anhalt|Rheinland-Pfalz
FR Brittany|Bretagne|Normandy|Normandie|Provence|Alsace|Lorraine|Occitanie|Corsica|Île-de-France
ES Catalonia|Cataluña|Andalusia|Andalucía|Galicia|Basque Country|País Vasco|Canary Islands|Castilla
IT Lombardy|Lombardia|Tuscany|Toscana|Sicily|Sicilia|Sardinia|Veneto|Piedmont|Piemonte|Calabria|Puglia
GB Cornwall|Yorkshire|Kent county|Essex|Sussex|Surrey|Devon|Lancashire|Midlands|Downing Street
IN Andhra Pradesh|Assam|Bihar|Chhattisgarh|Goa|Gujarat|Haryana|Himachal Pradesh|Jharkhand|Karnataka
IN Kerala|Madhya Pradesh|Maharashtra|Manipur|Odisha|Punjab state|Rajasthan|Tamil Nadu|Telangana
IN Uttar Pradesh|Uttarakhand|West Bengal|Kashmir
CN Guangdong|Sichuan|Hubei|Hunan|Henan|Hebei|Shandong|Shanxi|Shaanxi|Jiangsu|Zhejiang|Yunnan|Fujian
CN Xinjiang|Tibet|Inner Mongolia|Hainan|Guangxi|Guizhou|Gansu|Qinghai|Liaoning|Heilongjiang|Anhui
BR Bahia|Minas Gerais|Paraná|Pernambuco|Ceará|Amazonas|Mato Grosso|Goiás|Rio Grande do Sul
MX Jalisco|Oaxaca|Chiapas|Yucatán|Sonora|Sinaloa|Michoacán|Nuevo León|Guerrero|Tamaulipas|Veracruz
JP Hokkaido|Okinawa|Kyushu|Honshu|Shikoku|Tohoku
RU Siberia|Chechnya|Dagestan|Tatarstan|Kremlin|Kamchatka|Sakhalin
UA Donbas|Crimea|Donetsk|Luhansk|Zaporizhzhia
TR Anatolia|Cappadocia
PK Sindh|Balochistan|Khyber Pakhtunkhwa
ID Java|Sumatra|Borneo|Sulawesi|Papua province|Bali island
PH Luzon|Mindanao|Visayas
ZA Gauteng|KwaZulu-Natal|Western Cape|Eastern Cape|Limpopo|Mpumalanga
NG Borno|Kaduna|Lagos State|Rivers State|Niger Delta
ET Tigray|Amhara|Oromia
SD Darfur|Kordofan
CD Kivu|Katanga|Ituri
IQ Kurdistan|Anbar
NZ South Island|Waikato|Otago
"""

_SPLIT = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place by one of its names: what country it is in, how strongly it says so, and whether it
    may also speak against an article.
    """

    name: str
    country: str
    weight: float
    sure: bool


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """Return every place that the gazetteer knows, states first."""
    return (*_states(), *_cities())


def _states() -> Iterator[Place]:
    for line in _STATES.split("\n"):
        country, _, names = line.partition(" ")
        for name in filter(None, names.split(_SPLIT)):
            yield _place(name, country, share=1.0, sure=True)


def _cities() -> Iterator[Place]:
    words = {plain(word) for word in _WORDS.split()}
    written: dict[str, str] = {}
    inhabitants: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for country, thousands, names in table_of_cities():
        for name in names:
            key = plain(name)
            if len(name) >= _MIN_LETTERS and key not in words:
                written.setdefault(key, name)
                inhabitants[key][country] += thousands
    for key, by_country in inhabitants.items():
        total = sum(by_country.values())
        for country, thousands in by_country.items():
            share = thousands / total if total else 1.0
            if share >= MIN_SHARE:
                sure = share == 1.0 and thousands >= SURE_THOUSANDS
                yield _place(written[key], country, share=share, sure=sure)


def _place(name: str, country: str, *, share: float, sure: bool) -> Place:
    soft = name in _SOFT
    weight = (FIRST_NAME_WEIGHT if soft else CITY_WEIGHT) * share
    return Place(name=name, country=country, weight=weight, sure=sure and not soft)


def table_of_cities() -> Iterator[tuple[str, int, list[str]]]:
    """Yield country code, thousands of inhabitants and names of every city in the table."""
    table = files("autopilot.pipeline.select").joinpath("cities.tsv").read_text("utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            country, thousands, names = line.split("\t")
            yield country, int(thousands), names.split(_SPLIT)


CONTINENTS = {
    "africa": """AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS
        LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG
        YT ZA ZM ZW""",
    "asia": """AE AF AM AZ BD BH BN BT CC CN GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA
        LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE""",
    "europe": """AD AL AT AX BA BE BG BY CH CS CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM
        IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK""",
    "north america": """AG AI AN AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF
        MQ MS MX NI PA PM PR SV SX TC TT US VC VG VI""",
    "oceania": """AS AU CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF
        WS""",
    "south america": """AR BO BR CL CO EC FK GF GY PE PY SR UY VE""",
}  # fmt: skip
"""Name in English, in lower case -> ISO 3166 codes of its countries (GeoNames, CC BY 4.0)."""
