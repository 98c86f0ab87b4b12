"""The script of the web app where Streamlit serves it alone; `app` is that of `autopilot serve`."""

from __future__ import annotations

import streamlit as st

from autopilot.ui.alone import stop_unless_served
from autopilot.ui.appearance import ICON
from autopilot.ui.frame import surround

st.set_page_config(page_title="Autopilot", page_icon=str(ICON), layout="wide")
stop_unless_served()
surround().run()
