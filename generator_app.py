"""The web app by the name of the original plan: `streamlit run generator_app.py`.

Streamlit serves it alone, with the worker elsewhere on the same store. Pages for readers, the API and
single sign-on are `autopilot serve`'s. Without a login it opens on this machine's own address only.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from streamlit.starlette import App

from autopilot.ui.alone import prepared_script

app = App(prepared_script())
