# Prints what each line becomes when Tab is pressed at its end, in a zsh of its own on a pseudo-terminal.
# usage: zsh -f complete.zsh SCRIPT LINE...   (makes SCRIPT.d, which holds the settings of that zsh)
zmodload zsh/zpty
mkdir -p $1.d
cat >$1.d/.zshrc <<END
autoload -U compinit
compinit -u -D
source ${(q)1}
setopt no_auto_list no_list_beep
bindkey -e
PS1='% '
# What is typed before the line editor reads may be lost.
zle-line-init() { print -n '@reading@' }
zle -N zle-line-init
END
zpty shell "TERM=dumb ZDOTDIR=${(q)1}.d zsh -d -i"
shift
number=0
for line; do
  ((number++))
  zpty -r -m shell seen '*@reading@*'
  zpty -w -n shell "$line"$'\t'
  # The line is printed instead of run: Ctrl-A goes to its beginning, Ctrl-E to its end. The marks are typed in pieces,
  # so that only what is printed holds them whole.
  zpty -w -n shell $'\x01print -r -- "@"'$number$'"{\x05}""@"\n'
  zpty -r -m shell seen "*@$number{*}@*"
  print -r -- "${${seen##*@$number\{}%%\}@*}"
done
zpty -d shell
