"""The web app: Streamlit pages that read, call one verb and show. Each page is one file of `pages`."""
