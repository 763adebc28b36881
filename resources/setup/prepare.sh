#!/bin/sh
# Sets up a checkout on a new machine: the virtual environment, the pinned packages, and the system libraries that Qt needs.
# Nothing is changed outside the checkout but system packages, and those only as root or with a sudo that asks nothing.
set -eu

PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}

# What Qt's wheels need and a bare Debian 12 lacks: drawing and fonts (offscreen too), then the X11 window itself.
LIBRARIES="libglib2.0-0 libgl1 libegl1 libfontconfig1 libxkbcommon0 libdbus-1-3 libbrotli1 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libwayland-cursor0"

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    say "Installing system packages: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

"$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
    say "Netwright needs Python 3.11, 3.12 or 3.13; $PYTHON is $("$PYTHON" -V 2>&1). Name another one: make PYTHON=python3.12"
    exit 1
}

if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    install python3-venv || { say "Python's venv module is missing. Install it: apt install python3-venv"; exit 1; }
fi

[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
say "Installing Python packages into $VENV (some minutes the first time)"
# torch goes first and alone: asked for by its exact version it is found as built for this machine, and the rest then keeps it.
"$VENV/bin/python" -m pip install -q --disable-pip-version-check "$(grep '^torch==' constraints.txt)"
"$VENV/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[test,check]'
# Without these the buttons for camera and microphone say what is missing; all else works.
"$VENV/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[devices]' ||
    say "Packages for camera and microphone cannot be installed here; everything else is ready."

qt_works() { QT_QPA_PLATFORM=offscreen "$VENV/bin/python" -c 'from PySide6 import QtSvg, QtWidgets; QtWidgets.QApplication([])' 2>/dev/null; }
x11_works() {
    plugin=$("$VENV/bin/python" -c 'import PySide6, pathlib; print(pathlib.Path(PySide6.__file__).parent / "Qt/plugins/platforms/libqxcb.so")')
    [ ! -e "$plugin" ] || ! command -v ldd >/dev/null 2>&1 || ! ldd "$plugin" | grep -q 'not found'
}

if ! qt_works || ! x11_works; then
    # shellcheck disable=SC2086 # a list of names
    install $LIBRARIES || true
    if ! qt_works; then
        say "Qt cannot start: system libraries are missing, and they cannot be installed from here."
        say "On Debian or Ubuntu, an administrator runs:  apt install $LIBRARIES"
        exit 1
    fi
    x11_works || say "The window needs more system libraries to open on this screen:  apt install $LIBRARIES"
fi
say "Ready."
