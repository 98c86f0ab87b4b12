"""The web app's script: Streamlit runs it at each click. It greets, lists the pages and runs one."""

from __future__ import annotations

import streamlit as st

from autopilot.ui.appearance import ICON
from autopilot.ui.frame import surround

st.set_page_config(page_title="Autopilot", page_icon=str(ICON), layout="wide")
surround().run()
