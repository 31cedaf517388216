#!/bin/sh
# Prints an assembler file that embeds the files named on the command line, and the table that embedded.c reads:
# {name, first byte, one past the last} per file, ended by a zero name.
set -eu
echo '    .section .rodata'
n=0
for file in "$@"; do
    printf '    .balign 16\nfile_%d: .incbin "%s"\nfile_%d_end: .byte 0\nname_%d: .asciz "%s"\n' "$n" "$file" "$n" "$n" "$file"
    n=$((n + 1))
done
echo '    .section .data.rel.ro,"aw"'
echo '    .balign 8'
echo '    .globl embedded_table'
echo 'embedded_table:'
i=0
while [ "$i" -lt "$n" ]; do
    printf '    .quad name_%d, file_%d, file_%d_end\n' "$i" "$i" "$i"
    i=$((i + 1))
done
echo '    .quad 0, 0, 0'
echo '    .section .note.GNU-stack,"",%progbits'
