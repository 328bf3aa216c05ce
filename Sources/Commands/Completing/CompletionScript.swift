/// The few lines that make a shell ask cowbox what may follow.
enum CompletionScript: String, CaseIterable {
  case bash, zsh, fish

  /// What the shell is to read.
  var text: String {
    switch self {
    case .bash: Self.bashText
    case .zsh: Self.zshText
    case .fish: Self.fishText
    }
  }

  private static let bashText = #"""
    # Completes cowbox's command lines in bash; made by 'cowbox completion bash'.
    _cowbox() {
      local -a answer words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
      local kind line current=${COMP_WORDS[COMP_CWORD]}
      # What is typed may be quoted; cowbox is asked about what it means.
      words[COMP_CWORD]=${current//[\\\'\"]/}
      mapfile -t answer < <("${COMP_WORDS[0]}" completion --answer -- "${words[@]}" 2>/dev/null)
      kind=${answer[0]:-words}
      COMPREPLY=()
      # As cowbox has them: the newest step first. An older bash knows no order but its own.
      compopt -o nosort 2>/dev/null
      case $kind in
        files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        directories) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        program*)
          if declare -F _command_offset >/dev/null; then
            _command_offset "${kind#program }"
          elif ((COMP_CWORD == ${kind#program })); then
            mapfile -t COMPREPLY < <(compgen -c -- "$current")
          else
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
          fi ;;
        *)
          for line in "${answer[@]:1}"; do
            line=${line%%$'\t'*}
            # bash has taken what stands before the last '=' for a word of its own.
            [[ $current == --*=* ]] || printf -v line '%q' "$line"
            COMPREPLY+=("$line")
          done
          if [[ $kind == open && ${#COMPREPLY[@]} == 1 ]]; then compopt -o nospace; fi ;;
      esac
    }
    complete -F _cowbox cowbox

    """#

  private static let zshText = #"""
    #compdef cowbox
    # Completes cowbox's command lines in zsh; made by 'cowbox completion zsh'.
    _cowbox() {
      local -a answer names shown
      local kind line name
      answer=("${(@f)$("${(Q)words[1]}" completion --answer -- "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
      kind=$answer[1]
      shift answer
      case $kind in
        files) _files ;;
        directories) _files -/ ;;
        program*)
          shift ${kind#program } words
          (( CURRENT -= ${kind#program } ))
          _normal ;;
        *)
          for line in $answer; do
            name=${line%%$'\t'*}
            names+=("$name")
            if [[ $line == *$'\t'* ]]; then shown+=("$name -- ${line#*$'\t'}"); else shown+=("$name"); fi
          done
          if [[ $kind == open ]]; then
            compadd -V cowbox -S '' -l -d shown -a names
          else
            compadd -V cowbox -l -d shown -a names
          fi ;;
      esac
    }
    if [[ $funcstack[1] == _cowbox ]]; then _cowbox "$@"; else compdef _cowbox cowbox; fi

    """#

  private static let fishText = #"""
    # Completes cowbox's command lines in fish; made by 'cowbox completion fish'.
    function __cowbox_complete
      set -l typed (commandline -opc)
      set -l answer ($typed[1] completion --answer -- $typed (commandline -ct) 2>/dev/null)
      switch "$answer[1]"
        case files
          __fish_complete_path (commandline -ct)
        case directories
          __fish_complete_directories (commandline -ct)
        case 'program *'
          __fish_complete_subcommand --fcs-skip=(string replace 'program ' '' -- $answer[1])
        case '*'
          printf '%s\n' $answer[2..]
      end
    end
    complete -c cowbox -f -k -a '(__cowbox_complete)'

    """#
}
