# shellcheck shell=bash
# Sourced by the other scripts: finds Python, makes or refreshes .venv, and leaves the working directory alone.
# Everything that decides whether .venv is up to date stands here.

root=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
venv=$root/.venv
lock=$root/requirements.lock

say() { printf 'taskmill: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# The stamp's first line is the repository's folder, since a .venv does not survive being moved; its second is the
# checksum of what decides about the content. The usual start reads only times, with nothing but bash itself.
venv_is_fresh() { # runtime|dev
    local stamp=$venv/.taskmill-$1 made_in='' made_from=''
    [[ -x $venv/bin/python && -x $venv/bin/taskmill && -f $stamp ]] || return 1
    { read -r made_in && read -r made_from; } <"$stamp" || return 1
    [[ $made_in == "$root" ]] || return 1
    [[ $stamp -nt $root/pyproject.toml && $stamp -nt $lock && $stamp -nt $root/scripts/setup.sh ]] && return
    # A checkout or a merge gives files new times without new content.
    [[ $made_from == "$(checksum)" ]] && touch "$stamp"
}

checksum() { cat "$root/pyproject.toml" "$lock" "$root/scripts/setup.sh" | cksum; }

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.10; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Python 3.10 or newer is needed, and $(describe_python)."
    say "Install it (Debian, Ubuntu: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3;"
    say "macOS: brew install python), or name one: PYTHON=/path/to/python3 scripts/taskmill ..."
    return 1
}

describe_python() {
    local version
    version=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null) || true
    if [[ -n $version ]]; then echo "python3 here is $version"; else echo "there is no python3 on the PATH"; fi
}

# Runs jobs/spark/java.py before anything is installed; it uses the standard library only.
check_java() { # python
    "$1" -c '
import sys, types
taskmill = types.ModuleType("taskmill")
taskmill.__path__ = [sys.argv[1]]
sys.modules["taskmill"] = taskmill
from taskmill.jobs.spark.java import main
sys.exit(main())' "$root"
}

# Quiet unless it fails; then the whole output is shown.
run_quietly() { # command...
    local output
    output=$(mktemp)
    if ! "$@" >"$output" 2>&1; then
        cat "$output" >&2
        rm -f "$output"
        return 1
    fi
    rm -f "$output"
}

# Whether there is a .venv to build on: finished or somebody's own, and neither moved nor without its Python.
venv_is_usable() {
    local made_in=$root
    [[ -x $venv/bin/python ]] || return 1
    [[ ! -f $venv/.taskmill-runtime ]] || read -r made_in <"$venv/.taskmill-runtime"
    [[ $made_in == "$root" ]] && "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

make_venv() { # python
    venv_is_usable && return
    say "making .venv with $("$1" --version)"
    rm -rf "$venv"
    if command -v uv >/dev/null; then
        run_quietly uv venv --seed --python "$1" "$venv"
    else
        run_quietly "$1" -m venv "$venv"
    fi || die "making .venv failed, see above. On Debian and Ubuntu this may help: sudo apt install python3-venv"
}

install_packages() { # runtime|dev
    local target=$root
    [[ $1 == dev ]] && target="${root}[dev]"
    if [[ -f $venv/.taskmill-$1 ]]; then
        say "bringing .venv up to date"
    elif [[ -f $venv/.taskmill-runtime ]]; then
        say "installing the tools for checks and tests"
    else
        say "installing packages (about 600 MB, most of it Spark)"
    fi
    if command -v uv >/dev/null; then
        run_quietly uv pip install --python "$venv/bin/python" --constraint "$lock" --editable "$target"
    else
        run_quietly "$venv/bin/python" -m pip install --disable-pip-version-check --constraint "$lock" --editable "$target"
    fi || die "installing failed, see above. Behind a proxy set HTTPS_PROXY; with a package mirror set PIP_INDEX_URL."
}

# Type checkers and editors read no import hooks: a folder with one link per package gives them taskmill.*.
link_packages() {
    local folder
    mkdir -p "$venv/links/taskmill"
    for folder in conf jobs templates udfs; do
        ln -sfn "$root/$folder" "$venv/links/taskmill/$folder"
    done
}

ensure_venv() { # runtime|dev, then "no-java" when this call can do without
    venv_is_fresh "$1" && return
    local python
    python=$(find_python) || exit 1
    [[ ${2-} == no-java ]] || check_java "$python" || exit 1
    make_venv "$python"
    install_packages "$1"
    link_packages
    printf '%s\n' "$root" "$(checksum)" >"$venv/.taskmill-runtime"
    [[ $1 != dev ]] || cp "$venv/.taskmill-runtime" "$venv/.taskmill-dev"
}
