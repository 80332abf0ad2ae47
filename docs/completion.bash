# shellcheck shell=bash
# Completion for waitclose(1), in bash with bash-completion. It knows next to nothing by itself: verbs, options, what
# they take and the policy's keys are read from `waitclose help`, so that what is new there can be completed at once.

# The verbs of the command $1.
_waitclose_verbs() {
    "$1" help 2>/dev/null | awk '/^  [a-z]/ && $1 != "waitclose" { print $1 }'
}

# The keys of a policy: those that stand in brackets ($2 is 1), or those that do not (0).
_waitclose_keys() {
    "$1" help policy 2>/dev/null | awk -v brackets="$2" '
        /:$/ { selectors = /^Selectors/ }
        /^  [a-z]/ && selectors == brackets { print $1 }'
}

# Those values of the key $2 that are plain words, and durations: "off", "30s" and "5m" of "off, or a duration such as
# 250ms, 30s or 5m".
_waitclose_values() {
    "$1" help policy 2>/dev/null | awk -v key="$2" '
        /^  [a-z]/ && $1 == key {
            sub(/^ *[^ ]+ +/, "")
            count = split($0, values, /, or |, | or /)
            for (i = 1; i <= count; i++)
                if (values[i] ~ /^([a-z][a-z-]*|[0-9]+[smhd])$/) print values[i]
        }'
}

# The processes that have the library in them.
_waitclose_pids() {
    grep -ls 'libwaitclose\.so' /proc/[0-9]*/maps | cut -d/ -f3
}

# Replies with those words of $3 that begin with $2, and $1 before each.
_waitclose_reply() {
    mapfile -t COMPREPLY < <(compgen -P "$1" -W "$3" -- "$2")
}

# A policy, of which $2 has been typed: the key or the value at its end.
_waitclose_policy() {
    local typed=${2#[\'\"]}
    local last=${typed##*[][[:space:],;]}
    local before=${typed%"$last"} brackets=0

    compopt -o nospace
    if [[ $last == @* ]]; then
        mapfile -t COMPREPLY < <(compgen -P "$before@" -f -- "${last#@}")
    elif [[ $last == *=* ]]; then
        _waitclose_setting "$1" "$before" "$last"
    else
        [[ ${before##*]} == *\[* ]] && brackets=1
        _waitclose_reply "$before" "$last" "$(_waitclose_keys "$1" "$brackets" | sed 's/$/=/')"
        # The values at once: of a choice readline inserts what is common, and does not close a quotation behind it.
        if ((${#COMPREPLY[@]} == 1)); then
            last=${COMPREPLY[0]#"$before"}
            _waitclose_setting "$1" "$before" "$last"
            ((${#COMPREPLY[@]} > 1)) || COMPREPLY+=("$before$last")
        fi
    fi
    # In quotes readline replaces the whole; else what follows the last sign at which it breaks words.
    [[ $2 == [\'\"]* ]] || COMPREPLY=("${COMPREPLY[@]#"${typed%"${typed##*[=:]}"}"}")
}

# The value of a setting, $3; $2 goes before it.
_waitclose_setting() {
    local key=${3%%=*} value=${3#*=}

    _waitclose_reply "$2$key=" "$value" "$(_waitclose_values "$1" "${key%!}")"
}

# The command line from its word number $1 on; bash counts more of them, for it breaks words at "=" and ":" as well.
_waitclose_command_line() {
    local word joined offset=0
    for word in "${words[@]:0:$1}"; do
        joined=
        while [[ $joined != "$word" && $offset -lt $COMP_CWORD ]]; do
            joined+=${COMP_WORDS[offset++]}
        done
    done
    _command_offset "$offset"
}

# What the usage calls $2, which is word number $3.
_waitclose_argument() {
    case $2 in
    *ARG*) _waitclose_command_line "$3" ;;
    *PROGRAM*) _command_offset "$COMP_CWORD" ;;
    POLICY) _waitclose_policy "$1" "$cur" ;;
    LOG)
        _waitclose_reply '' "$cur" "$(_waitclose_values "$1" log)"
        _filedir
        ;;
    *LOG* | FILE) _filedir ;;
    DIR) _filedir -d ;;
    *PID*) _waitclose_reply '' "$cur" "$(_waitclose_pids)" ;;
    *VERB*) _waitclose_reply '' "$cur" "policy $(_waitclose_verbs "$1")" ;;
    *'|'*) _waitclose_reply '' "$cur" "${2//|/ }" ;;
    esac
}

_waitclose() {
    # shellcheck disable=SC2034 # bash-completion sets them all
    local cur prev words cword
    local usage line option word
    local -A takes=()

    _init_completion -n := || return
    if ((cword == 1)); then
        _waitclose_reply '' "$cur" "--help --version $(_waitclose_verbs "$1")"
        return
    fi
    usage=$("$1" help "${words[1]}" 2>/dev/null) || return

    # What an option takes is named in capitals behind it, or the first line has the choice.
    while IFS= read -r line; do
        [[ $line =~ ^'  '(-[^ ]+)(' '([[:upper:]]+)' ')? ]] && takes[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]}
    done <<<"$usage"
    line=${usage%%$'\n'*}
    for option in "${!takes[@]}"; do
        [[ $line =~ "[$option "([a-z]+('|'[a-z]+)+) ]] && takes[$option]=${BASH_REMATCH[1]}
    done

    # Options end at the first word that is none.
    for ((word = 2; word < cword; word++)); do
        option=${words[word]}
        [[ $option == -?* && $option != -- ]] || break
        [[ -z ${takes[$option]-} ]] || ((++word))
    done
    if ((word > cword)); then
        _waitclose_argument "$1" "${takes[$option]}" "$cword"
    elif ((word == cword)) && [[ $cur == -* ]]; then
        _waitclose_reply '' "$cur" "--help ${!takes[*]}"
    else
        [[ ${words[word]} != -- || $word -eq $cword ]] || ((++word))
        _waitclose_argument "$1" "${line##* }" "$word"
    fi
}

complete -F _waitclose waitclose
