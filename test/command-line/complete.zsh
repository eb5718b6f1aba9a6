# Prints what each line becomes when Tab is pressed at its end, in a zsh of its own on a pseudo-terminal.
# usage: zsh -f complete.zsh SCRIPT LINE...
zmodload zsh/zpty
zpty shell 'TERM=dumb zsh -f -i'
zpty -w shell "autoload -U compinit; compinit -u -D; source ${(q)1}; setopt no_auto_list no_list_beep; unsetopt zle_bracketed_paste; PS1='% '; echo re''ady"
zpty -r -m shell seen '*ready*'
shift
number=0
for line; do
  ((number++))
  zpty -w -n shell "$line"$'\t'
  # The line is printed instead of run: Ctrl-A goes to its beginning, Ctrl-E to its end. The marks are typed in pieces,
  # so that only what is printed holds them whole.
  zpty -w -n shell $'\x01print -r -- "@"'$number$'"{\x05}""@"\n'
  zpty -r -m shell seen "*@$number{*}@*"
  print -r -- "${${seen##*@$number\{}%%\}@*}"
done
zpty -d shell
