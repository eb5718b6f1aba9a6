# Prints what bash would offer for each line, one answer a line. The last word of a line is the one being completed.
# usage: bash complete.bash SCRIPT LINE...
source "$1"
shift
for line; do
  # Bash splits words at "=" too.
  read -ra COMP_WORDS <<<"${line//=/ = }"
  [[ $line == *' ' || $line == *= ]] && COMP_WORDS+=('')
  [[ $line == *= ]] && unset 'COMP_WORDS[-1]'
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  "$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\) .*/\1/')"
  echo "${COMPREPLY[*]}"
done
