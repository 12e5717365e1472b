# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of hawser and hawserd. Commands and options are read from the help pages, so that
# what is offered is what there is.

# The commands, one a line.
_hawser_commands() {
  "$1" --help 2>/dev/null | sed -n '/^COMMANDS$/,/^[A-Z]/s/^  \([a-z][a-z-]*\)  .*/\1/p'
}

# The options of a page: its words that begin with -- where an entry begins.
_hawser_options() {
  "$@" --help 2>/dev/null | sed -n '/^OPTIONS$/,/^[A-Z]/s/^  \(--[a-z-]*\).*/\1/p'
  echo --help
}

# Names of config files in /etc/hawser (HAWSER_CONFIG_DIR: elsewhere, for tests).
_hawser_configs() {
  local file
  for file in "${HAWSER_CONFIG_DIR:-/etc/hawser}"/*.conf; do
    [[ -e "$file" ]] && basename "$file" .conf
  done
}

# Names of the tunnels that run.
_hawser_running() {
  local file
  for file in "$1"/*.sock; do
    [[ -e "$file" ]] && basename "$file" .sock
  done
}

# Names of network interfaces.
_hawser_interfaces() {
  local directory
  for directory in /sys/class/net/*/; do
    basename "$directory"
  done
}

_hawser_offer() {
  mapfile -t COMPREPLY < <(compgen "$@")
}

_hawser_offer_configs() {
  mapfile -t COMPREPLY < <(compgen -W "$(_hawser_configs)" -- "$1"
                           compgen -f -X '!*.conf' -- "$1"
                           compgen -d -S / -- "$1")
}

_hawser() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  local command="" runtime_dir=/run/hawser arguments=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${COMP_WORDS[i]}" in
      --runtime-dir) runtime_dir="${COMP_WORDS[++i]}" ;;
      --state-dir) ((i++)) ;;
      -*) ;;
      *)
        if [[ -z "$command" ]]; then command="${COMP_WORDS[i]}"; else ((arguments++)); fi
        ;;
    esac
  done
  case "$before" in
    --runtime-dir | --state-dir) _hawser_offer -d -- "$word"; return ;;
  esac
  if [[ "$word" == -* ]]; then
    _hawser_offer -W "$(_hawser_options "$1" $command)" -- "$word"
    return
  fi
  if [[ -z "$command" ]]; then
    _hawser_offer -W "$(_hawser_commands "$1")" -- "$word"
    return
  fi
  case "$command" in
    check | up) ((arguments == 0)) && _hawser_offer_configs "$word" ;;
    path)
      case $arguments in
        0) _hawser_offer -W "add remove enable disable prefer" -- "$word" ;;
        1) _hawser_offer -W "$(_hawser_running "$runtime_dir")" -- "$word" ;;
        2) _hawser_offer -W "$(_hawser_interfaces)" -- "$word" ;;
      esac
      ;;
    down | reload | status | sas | paths | monitor | rekey | initiate | terminate)
      ((arguments == 0)) && _hawser_offer -W "$(_hawser_running "$runtime_dir")" -- "$word"
      [[ "$command" == rekey ]] && ((arguments == 2)) && _hawser_offer -W "child ike" -- "$word"
      ;;
    keygen)
      if [[ "$before" == --manual ]]; then
        _hawser_offer -W "aes-256-gcm aes-128-gcm chacha20-poly1305" -- "$word"
      else
        _hawser_offer -f -- "$word"
      fi
      ;;
  esac
}

_hawserd() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
  case "$before" in
    --runtime-dir | --state-dir) _hawser_offer -d -- "$word" ;;
    --log-level) _hawser_offer -W "debug info warn error" -- "$word" ;;
    *)
      if [[ "$word" == -* ]]; then
        _hawser_offer -W "$(_hawser_options "$1")" -- "$word"
      else
        _hawser_offer_configs "$word"
      fi
      ;;
  esac
}

complete -o filenames -F _hawser hawser
complete -o filenames -F _hawserd hawserd
