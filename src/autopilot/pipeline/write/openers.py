"""Knows the ordinary English words that open a sentence, so that their capital makes no name of them.

A list cannot hold every noun and adjective; the endings take in most of the rest.
"""

from __future__ import annotations

import re

# fmt: off
_LIST = """
    a about above accident according across action add adult after afternoon again against age
    agency agree agreement ahead aid aim air airline airport alarm alcohol all almost along
    already also although among amount an and animal another answer any anyone app appeal area
    army around art artist as aside ask asset at attack attempt audience author average avoid
    award away baby back ball ban bank battery battle beach because been before begin behind
    being below beside besides best better between beyond bid big bigger biggest bike bill bird
    blame block blood board boat body bomb book boost border boss both box boy brain branch
    brand break bridge bring brother budget build builder building bus bush business but buy
    buyer by call camera camp campaign can cancer captain car card care cash cat cattle cause
    cell central chain chance change charge charity cheap cheaper chief child choice church
    citizen city civil claim clash class clean clear climate climb clinic close clothes club
    coach coal coast code coffee cold college color colour come committee common community
    company complex condition congress construction consumer contract control cost could council
    country couple course court courts coverage crash credit crew crime crisis critic crop cross
    crowd culture currency current currently customer cut cyber daily damage danger dark data
    daughter day de deal death debate debt decade decline deep defence defend defense degree
    delay delegate demand deny deputy design desk despite detail device did diet digital dinner
    direct director disaster disease district do doctor does dog dollar door double doubt down
    dozen draft drama draw dream drink driver drone drop drought drug dry due during each
    earlier early earth ease east eat economic economy editor education effect effort egg either
    election electric electricity else elsewhere empire employee end enemy energy engine
    engineer enter entry environment error euro even event eventually every everyone everything
    evidence exam example except exchange executive expand expect expert export extra eye face
    fact factory fail failure faith fall family fan far farm farmer fashion faster fastest
    father fear federal fee feed few fewer field fight figure fill film final finally finance
    find fine fire firm first fish five fix flight flood floor flow flu focus follow following
    food football for force forces foreign forest form founder four frame free fresh friend from
    fruit fuel full fund further future game gap garden gas general get gift girl give given
    glass global go goal gold golf good goods government grain grant grass great green grid
    ground group grow grower guard guest guide gun had hail half halt hand happier hard has have
    having he head health heart heat heavy height help hence her here hero hers high him his
    history hit hold holiday home hope horse hospital host hot hotel hour house housing how
    however human hundred idea if image impact import in including income increase indeed
    industrial industry injury insect inside instead insurance insurer interest internet into
    investment investor iron is island issue it item its itself job join joint judge judges jump
    jury just justice keep key kid kill killer king knife know labor labour lack lake land
    language large larger largest laser last late later launch law lawmaker lawyer lawyers lead
    leader league least leave legal lender less lesson letter level library life lift light like
    likewise limit line link liquid list live living loan lobby local location long longer look
    lose loss love low lower luck lunch machine magazine mail main major majority make man
    manager many map market marriage mass master match material may maybe mayor meal meanwhile
    meat media medical medicine medium meet meeting member memory men message metal might
    migrant mild military milk mind mine mineral minister minor minute missile mission mobile
    model modern moment money month mood moon more moreover morning most mother motor mountain
    move movie much multiple murder museum music must my name nation national native natural
    nature navy near nearly need neighbour neither net network never nevertheless new news
    newspaper next night nine no nobody noise none nor normal north not note nothing now number
    nurse object ocean of off offer office officer official often oil old older on once one
    online only onto open opener opera opinion opponent opposition option or orange order
    organic other others otherwise our out outlet outside over overall own owner pace package
    page pain paint panel paper parent park parliament part partner party pass passenger past
    path patient pattern pay peace pension people perhaps period permit person pet phone photo
    physical pick picture piece pilot pipe pitch place plan plane planet plans plant plastic
    plate platform play player plot poet point poison police policy political politician poll
    pollution pool poor population port position post poverty power practice premium press
    pressure price pride primary prior prison prisoner private prize problem process product
    production profit program programme progress project proof property prosecutors protest
    proud public pupil purchase push put quake quality quarter quarterly queen question quick
    quit race racing radio rail rain raise rare rate rather raw reach reaction reader real rebel
    recent recently recipe record recovery red reform refugee region regular regulator reject
    relief religion rent repair replace report reporter request rescue research resident
    resource response rest result retail retailer return reveal revenue review rich rider right
    ring rise risk river road rocket role roof room round route row royal rule run rural safe
    safety salary sale salt sand satellite say scheme school science scientist score screen sea
    search season seat second secret section sector security see seed seek sell seller send
    senior sense separately serial series service session set settlement seven several severe
    sex shape share sharp she ship shock shop short should show shut sick side sign silver
    simple since single sink sister site situation six size skill skin sky sleep slide slip slow
    small smart smoke snow so soar soccer social society software soil solar soldier soldiers
    solution some someone something sometimes son song soon sound source south space speaker
    special speech speed spending split sport spot spread spring squad stable staff stage stand
    star start state station statue stay steel step still stock stone stop store storm story
    strategy stream street stress strike strong structure student studio study style subject
    subsidy success such sugar suit summer sun supplier supply support surface surge surgeon
    surgery survey suspect swimmer system table take talk talks tank target tariff tax teacher
    team teammate tech technology teenager telescope television tell temperature ten tenant
    tennis term terror test tests text than thanks that the theatre their them then there
    thereafter therefore these they thing think third this those though thousand threat three
    through throughout thus ticket tight time tiny title to today together tomorrow too tool top
    total tough tour tourism tourist toward towards tower town toy track trade trader tradition
    traffic train trainer transport travel treasury treatment treaty tree trend trial trials
    trim trip troop troops trouble truck true trust truth tunnel turn turnout turnover two type
    under union unit university unless unlike until unveil up upon urban urge us user using
    vaccine value vehicle venture very vessel veteran victim victory video view village violence
    virus visit visitor voice volcano volume volunteer vote voter vow wage wall want war warm
    warn was waste watchdog water wave way we weak wealth weapon weather web week weekend weekly
    weigh weight well were west whale what whatever wheat when whenever where whereas whether
    which while white who whoever whole wholesale whose why wide wife wild wildlife will win
    wind window wine winner winter with within without woman women wood word work worker world
    worse would write writer wrong yellow yesterday yet yield you young younger your youth zoo
    """
# fmt: on
_WORDS = frozenset(_LIST.split())
_ENDINGS = re.compile(
    r"(?:ing|ed|ly|tion|tions|sion|sions|ment|ments|ness|ity|ities|ance|ence|ship|ism|ists?|ians|ers"
    r"|ors|ants|ents|ies|ous|ful|less|able|ible|ive|ural|ical|ional|ages?|ures?|ays|men|women|wards?"
    r"|wise|ches|shes|ths|lls|nks|nds|cks|sts|nts|rts|rks|ods|ads|ees|aws|ows|eds)$"
)


def is_ordinary(word: str) -> bool:
    """Say whether a word in lower case, perhaps with a hyphen, is likely to be no name."""
    first = word.partition("-")[0]
    singular = {first, first.removesuffix("s"), first.removesuffix("es")}
    return not _WORDS.isdisjoint(singular) or bool(_ENDINGS.search(word))
