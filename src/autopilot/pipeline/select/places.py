"""Places: what countries are called, from CLDR (through Babel) and a table of English demonyms.

CLDR names territories in every language but knows neither "Dutch" nor "Britain"; the table below
adds those. Names that are also common first names, words or American states are marked: they
speak for a region that was asked for, and never against an article.
"""

from __future__ import annotations

from functools import lru_cache

_ALSO_CALLED = """
AF Afghan|Afghans
AL Albanian|Albanians
DZ Algerian|Algerians
AD Andorran
AO Angolan|Angolans
AR Argentine|Argentinian|Argentines
AM Armenian|Armenians
AU Australian|Australians
AT Austrian|Austrians
AZ Azerbaijani|Azeri
BS Bahamian
BH Bahraini
BD Bangladeshi|Bangladeshis
BB Barbadian
BY Belarusian|Belarusians
BE Belgian|Belgians
BZ Belizean
BJ Beninese
BT Bhutanese
BO Bolivian|Bolivians
BA Bosnia|Bosnian|Bosnians|Bosnia and Herzegovina
BW Botswanan|Motswana
BR Brazilian|Brazilians
BN Bruneian
BG Bulgarian|Bulgarians
BF Burkinabe
BI Burundian
KH Cambodian|Cambodians
CM Cameroonian|Cameroonians
CA Canadian|Canadians
CV Cape Verdean
CF Central African
TD Chadian
CL Chilean|Chileans
CN Chinese
CO Colombian|Colombians
KM Comoran
CG Republic of the Congo
CD DR Congo|DRC|Congolese|Democratic Republic of the Congo
CR Costa Rican|Costa Ricans
CI Ivory Coast|Ivorian
HR Croatian|Croatians|Croat
CU Cuban|Cubans
CY Cypriot|Cypriots
CZ Czech|Czechs|Czech Republic
DK Danish|Dane|Danes
DJ Djiboutian
DO Dominican Republic
EC Ecuadorian|Ecuadorean
EG Egyptian|Egyptians
SV Salvadoran
GQ Equatoguinean
ER Eritrean|Eritreans
EE Estonian|Estonians
SZ Swaziland|Swazi
ET Ethiopian|Ethiopians
FJ Fijian
FI Finnish|Finn|Finns
FR French
GA Gabonese
GM Gambian
GE Georgian|Georgians
DE German|Germans
GH Ghanaian|Ghanaians
GR Greek|Greeks
GL Greenlandic|Greenlander
GT Guatemalan|Guatemalans
GN Guinean
GW Bissau-Guinean
GY Guyanese
HT Haitian|Haitians
HN Honduran|Hondurans
HK Hong Kong
HU Hungarian|Hungarians
IS Icelandic|Icelander
IN Indian|Indians
ID Indonesian|Indonesians
IR Iranian|Iranians
IQ Iraqi|Iraqis
IE Irish
IL Israeli|Israelis
IT Italian|Italians
JM Jamaican|Jamaicans
JP Japanese
JO Jordanian|Jordanians
KZ Kazakh|Kazakhs
KE Kenyan|Kenyans
KP North Korean|North Koreans|DPRK
KR South Korean|South Koreans
XK Kosovar|Kosovan
KW Kuwaiti|Kuwaitis
KG Kyrgyz
LA Lao|Laotian
LV Latvian|Latvians
LB Lebanese
LS Basotho
LR Liberian|Liberians
LY Libyan|Libyans
LT Lithuanian|Lithuanians
LU Luxembourgish
MO Macau|Macao
MG Malagasy
MW Malawian
MY Malaysian|Malaysians
MV Maldivian
ML Malian
MT Maltese
MR Mauritanian
MU Mauritian
MX Mexican|Mexicans
MD Moldovan|Moldovans
MC Monegasque
MN Mongolian|Mongolians
ME Montenegrin
MA Moroccan|Moroccans
MZ Mozambican
MM Myanmar|Burma|Burmese
MK Macedonian
NA Namibian
NP Nepali|Nepalese
NL Dutch|Holland|the Netherlands
NZ New Zealander|New Zealanders
NI Nicaraguan
NE Nigerien
NG Nigerian|Nigerians
NO Norwegian|Norwegians
OM Omani
PK Pakistani|Pakistanis
PS Palestine|Palestinian|Palestinians|Gaza|West Bank
PA Panamanian
PG Papua New Guinean
PY Paraguayan
PE Peruvian|Peruvians
PH Filipino|Filipinos|Philippine
PL Polish|Poles
PT Portuguese
PR Puerto Rican|Puerto Ricans
QA Qatari|Qataris
RO Romanian|Romanians
RU Russian|Russians
RW Rwandan|Rwandans
SA Saudi|Saudis
SN Senegalese
RS Serbian|Serbians|Serb|Serbs
SC Seychellois
SL Sierra Leonean
SG Singaporean|Singaporeans
SK Slovak|Slovaks|Slovakian
SI Slovenian|Slovenians|Slovene
SO Somali|Somalis
ZA South African|South Africans
SS South Sudanese
ES Spanish|Spaniard|Spaniards
LK Sri Lankan|Sri Lankans
SD Sudanese
SR Surinamese
SE Swedish|Swede|Swedes
CH Swiss
SY Syrian|Syrians
TW Taiwanese
TJ Tajik
TZ Tanzanian|Tanzanians
TH Thai|Thais
TL East Timor|Timorese
TG Togolese
TT Trinidadian|Trinidad
TN Tunisian|Tunisians
TR Turkey|Turkish|Turk|Turks
TM Turkmen
UG Ugandan|Ugandans
UA Ukrainian|Ukrainians
AE UAE|Emirati|Emirates|Dubai|Abu Dhabi
GB UK|U.K.|Britain|British|Briton|Britons|Great Britain|England|Scotland|Scottish|Wales|Welsh|Northern Ireland
US U.S.|US|USA|America|American|Americans|United States of America
UY Uruguayan
UZ Uzbek|Uzbeks
VA Vatican
VE Venezuelan|Venezuelans
VN Vietnamese
EH Sahrawi
YE Yemeni|Yemenis
ZM Zambian|Zambians
ZW Zimbabwean|Zimbabweans
"""

_DOUBTFUL = """Chad Jordan Georgia Georgian Georgians Turkey Turk Turks Mali Niger Guinea Jersey Guernsey
    Polish Poles Finn Dane Danes Dutch French America American Americans Wales"""
DOUBTFUL = frozenset(_DOUBTFUL.split())
"""Also first names, plain words or states; and much is French or American by name only."""

_SPECIAL_CODES = "AC AQ BV CP CQ DG EA EU EZ HM IC QO TA UM UN XA XB ZZ"
_NOT_COUNTRIES = frozenset(_SPECIAL_CODES.split())


@lru_cache(maxsize=64)
def country_names(language: str) -> dict[str, tuple[str, ...]]:
    """Return ISO 3166 code -> names and demonyms, in English and in the language given."""
    from babel import Locale, UnknownLocaleError

    names: dict[str, dict[str, None]] = {}
    for tag in ("en", language):
        try:
            territories = Locale.parse(tag, sep="-").territories
        except (UnknownLocaleError, ValueError):
            continue
        for code, name in territories.items():
            if len(code) == 2 and code not in _NOT_COUNTRIES:
                names.setdefault(code, {})[_spoken_name(name)] = None
    for line in _ALSO_CALLED.split("\n"):
        code, _, called = line.partition(" ")
        for name in filter(None, called.split("|")):
            names[code][name] = None
    return {code: tuple(called) for code, called in sorted(names.items())}


def country_code(region_id: str, name: str, language: str) -> str | None:
    """Return the ISO code a region stands for, by its id or else by its name; None for Bavaria."""
    names = country_names(language)
    if region_id.upper() in names:
        return region_id.upper()
    wanted = name.casefold()
    return next(
        (code for code, called in names.items() if wanted in map(str.casefold, called)), None
    )


def _spoken_name(name: str) -> str:
    """Shorten CLDR's labels to what people write: no bracket, no "SAR China", no "Congo - ...".

    >>> _spoken_name("Myanmar (Burma)"), _spoken_name("Hong Kong SAR China")
    ('Myanmar', 'Hong Kong')
    """
    bare = name.partition(" (")[0].partition(" SAR ")[0]
    return bare.partition(" - ")[0].replace(" & ", " and ")
