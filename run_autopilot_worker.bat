@echo off
rem Runs a worker until Ctrl-C, with the environment of this checkout where there is one.
rem Settings: the environment, or a file of NAME=value lines named by AUTOPILOT_ENV_FILE (default: .env here).
rem What follows goes to `autopilot worker`: run_autopilot_worker.bat --json
setlocal
cd /d "%~dp0"

set "SETTINGS=%AUTOPILOT_ENV_FILE%"
if not defined SETTINGS set "SETTINGS=.env"
if exist "%SETTINGS%" (
    for /f "usebackq eol=# tokens=1,* delims==" %%a in ("%SETTINGS%") do set "%%a=%%b"
) else if defined AUTOPILOT_ENV_FILE (
    echo AUTOPILOT_ENV_FILE names %SETTINGS%, and there is no such file. 1>&2
    exit /b 2
)

set "PROGRAM=.venv\Scripts\python.exe"
if not exist "%PROGRAM%" set "PROGRAM=python"
"%PROGRAM%" autopilot_worker.py %*
exit /b %ERRORLEVEL%
