# shellcheck shell=bash
# What the scripts share: where things are, how to speak, the private PostgreSQL, databases by template.
# Sourced, never run. Nothing here starts work by itself.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
STATE=$ROOT/.odoo
VENV=$STATE/venv
LINT_VENV=$STATE/venv-lint
LOGS=$STATE/logs
DATA=$STATE/data
SRC=$STATE/src
ODOO_CONF=$STATE/odoo.conf
PG_DATA=$STATE/pg
PYCACHE=$STATE/pycache

# The addon, and what the demo and `make db` install beside it. MODULES=… overrides; MODULES=@company is the company of
# scripts/company-modules, in which the tests run; MODULES=$ADDON is what the addon needs, no more.
ADDON=backorder_mgmt
MODULES=${MODULES:-$ADDON,payment_demo,sale_mrp,stock_dropshipping,base_automation}

# ---------------------------------------------------------------- speaking

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# One sentence: what went wrong and what to do.
die() {
    printf '\033[1;31mStopped:\033[0m %s\n' "$*" >&2
    exit 1
}

# run_logged LOG SENTENCE COMMAND…: the command's output goes to the log; when it fails, so does the
# script, with the sentence.
run_logged() {
    local log=$LOGS/$1 sentence=$2
    shift 2
    "$@" >"$log" 2>&1 </dev/null && return
    { grep -E '^E: |rror' "$log" || cat "$log"; } | tail -n 2 | cut -c1-300 | sed 's/^/    /' >&2
    disk_left 200 || sentence="the disk of $STATE is full: free some space and run this again."
    die "$sentence (The whole output is in $log.)"
}

disk_left() { (($(df --output=avail -m "$STATE" | tail -n 1) >= $1)); }

mkdir -p "$STATE/stamps" "$LOGS" "$DATA/filestore" 2>/dev/null && [[ -w $STATE/stamps ]] ||
    die "$STATE cannot be written by $(id -un): run this as $(stat -c %U "$STATE" 2>/dev/null || stat -c %U "$ROOT"), who made it, or delete it."

# ---------------------------------------------------------------- steps done once

hash_of() { sha256sum | cut -c1-16; }

# A step is done when its stamp holds the hash of what it was made from.
stamped() { [[ -f $STATE/stamps/$1 && $(<"$STATE/stamps/$1") == "$2" ]]; }
stamp() { echo "$2" >"$STATE/stamps/$1"; }

# Two runs in one checkout wait for each other: `locked NAME COMMAND…`.
locked() {
    local lock=$STATE/$1.lock
    shift
    (
        flock --nonblock 9 || { say "waiting for another run in this checkout" && flock 9; }
        "$@" 9>&-
    ) 9>"$lock"
}

# ---------------------------------------------------------------- Odoo

# Where `import odoo` starts: the unpacked Debian package, or the checkout that ODOO_SRC named.
odoo_path() {
    if [[ -f $SRC/odoo/release.py ]]; then
        (cd "$SRC" && pwd -P)
    else
        echo "$SRC/usr/lib/python3/dist-packages"
    fi
}

# From here on: right programs, right config, right PostgreSQL, and nothing of the caller's own.
# (Odoo lets PG* and ODOO_* variables win over its config file.)
enter_env() {
    local name
    for name in ${!PG@} ${!ODOO_@} ${!PYTHON@}; do
        case $name in PG_DATA | ODOO_CONF) ;; *) unset "$name" ;; esac
    done
    # Compiled Python makes Odoo start faster, and belongs beside no source.
    export PYTHONPYCACHEPREFIX=$PYCACHE PYTHONUNBUFFERED=1
    PGHOST=$(pg_socket_dir) PGUSER=odoo PGPORT=5432 ODOO_RC=$ODOO_CONF PATH=$VENV/bin:$(pg_bin):$PATH
    export PGHOST PGUSER PGPORT ODOO_RC PATH
}
in_env() { (enter_env && exec "$@"); }

# -P: the current folder stays out of sys.path, where any folder named `odoo` would join the package.
ODOO=("$VENV/bin/python" -P -m odoo)

# The modules of scripts/company-modules that this Odoo has, one a line: those of the company, or those marked $1.
company_modules() {
    local mark=${1:-} name addons
    addons=("$(odoo_path)"/odoo/addons "$(odoo_path)"/addons)
    while read -r name; do
        [[ ! -f ${addons[0]}/$name/__manifest__.py && ! -f ${addons[1]}/$name/__manifest__.py ]] || echo "$name"
    done < <(awk -v mark="$mark" '!/^ *#/ && (mark ? $1 == mark && NF > 1 : NF == 1) {print mark ? $2 : $1}' \
        "$ROOT/scripts/company-modules")
}

# odoo_install DATABASE ODOO-OPTIONS…: run Odoo once on it; its log must be clean.
odoo_install() {
    local db=$1 log=$LOGS/install-$1.log
    shift
    rm -f "$log"
    in_env "${ODOO[@]}" server --database="$db" --stop-after-init --no-http --logfile="$log" "$@" \
        >"$log.out" 2>&1 </dev/null || {
        grep -E -A40 ' (ERROR|CRITICAL) ' "$log" | tail -n 60 >&2 || tail -n 20 "$log.out" >&2
        die "Odoo could not install into $db: the reason is above (all of it: $log, $log.out)."
    }
    check_log "$log"
}

# Fails when Odoo's log holds a warning or worse that scripts/log-ignore does not explain.
check_log() {
    local bad
    # A line's level is its fourth word: date time pid LEVEL database logger: message.
    bad=$(grep -E '^[0-9-]+ [0-9:,]+ [0-9]+ (WARNING|ERROR|CRITICAL) ' "$1" |
        grep -vEf <(grep -vE '^(#|$)' "$ROOT/scripts/log-ignore")) || return 0
    printf '%s\n' "$bad" | head -n 40 >&2
    die "Odoo's log has the warnings or errors above (all of it: $1)."
}

# The first free TCP port from $1 on; nothing when there is none.
free_port() {
    "$VENV/bin/python" - "$1" <<'PYTHON'
import socket, sys

first = int(sys.argv[1])
for port in range(first, first + 100):
    with socket.socket() as probe:
        # As Odoo's server does; else a port in TIME_WAIT would seem taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
PYTHON
}

# ---------------------------------------------------------------- PostgreSQL
# A cluster of our own per checkout, reached by a Unix socket only: no TCP port, so checkouts never collide.

pg_bin() {
    local bins=(/usr/lib/postgresql/*/bin)
    # An existing cluster is opened by the version that made it.
    [[ -r $PG_DATA/PG_VERSION ]] && bins=("/usr/lib/postgresql/$(<"$PG_DATA/PG_VERSION")/bin")
    echo "${bins[-1]}"
}

checkout_id() { echo "$ROOT" | sha256sum | cut -c1-8; }

# A socket's path is at most 107 bytes; a checkout deep in the file system needs a short one elsewhere.
pg_socket_dir() {
    local dir
    dir=$(readlink -m "$PG_DATA")/run
    ((${#dir} <= 80)) || dir=/tmp/backorder_mgmt-$(checkout_id)
    echo "$dir"
}

# PostgreSQL refuses root, so root's cluster belongs to (and runs as) the system's user `postgres`; and root takes a
# cluster that a plain user made as that user.
as_pg() {
    local owner=postgres
    if ((EUID == 0)); then
        [[ ! -e $PG_DATA/PG_VERSION ]] || owner=$(stat -L -c %U "$PG_DATA")
        (cd / && runuser -u "$owner" -- "$@")
    else
        "$@"
    fi
}

pg_running() { in_env pg_isready --quiet; }

pg_start() {
    pg_running && return
    [[ -e $PG_DATA/PG_VERSION ]] || die "there is no PostgreSQL cluster yet: run scripts/setup."
    locked pg _pg_start
}

_pg_start() {
    pg_running && return
    as_pg mkdir -p "$(pg_socket_dir)"
    # The log lies beside the data, where its owner may write. No file handle of ours may reach the server:
    # whoever waits for our output to end would wait for it.
    as_pg "$(pg_bin)/pg_ctl" start --silent --wait --pgdata="$(readlink -f "$PG_DATA")" \
        --log="$(readlink -f "$PG_DATA")/server.log" \
        --options="-c unix_socket_directories='$(pg_socket_dir)'" </dev/null >/dev/null 2>&1 ||
        die "the private PostgreSQL did not start: read $PG_DATA/server.log, or begin anew with 'make clean'."
}

pg_stop() {
    [[ -e $PG_DATA/postmaster.pid ]] || return 0
    as_pg "$(pg_bin)/pg_ctl" stop --silent --mode=fast --pgdata="$(readlink -f "$PG_DATA")" || true
}

sql() { in_env psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }

# ---------------------------------------------------------------- databases

db_exists() { [[ -n $(sql -d postgres -c "SELECT 1 FROM pg_database WHERE datname = '$1'") ]]; }

# What a database was made from, kept as its comment in PostgreSQL.
db_mark() { sql -d postgres -c "COMMENT ON DATABASE \"$1\" IS '$2'"; }
db_marked() {
    sql -d postgres -c "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$1'"
}

db_drop() {
    in_env dropdb --if-exists --force "$1" 2>/dev/null ||
        die "the database $1 cannot be dropped: stop the programs that use it and run this again."
    rm -rf "${DATA:?}/filestore/$1"
}

# A copy of a database, with its files, in about a second.
db_copy() {
    in_env createdb --template="$1" "$2"
    rm -rf "${DATA:?}/filestore/$2"
    # Odoo never changes a stored file (its name is the hash of what is in it): hard links do.
    [[ ! -d $DATA/filestore/$1 ]] || cp -al "$DATA/filestore/$1" "$DATA/filestore/$2"
    sql -d "$2" -c "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.uuid'"
}

db_rename() {
    db_drop "$2"
    sql -d postgres -c "ALTER DATABASE \"$1\" RENAME TO \"$2\""
    [[ ! -d $DATA/filestore/$1 ]] || mv "$DATA/filestore/$1" "$DATA/filestore/$2"
}
