#!/bin/sh
# run.sh FOLDER SECONDS RATE_HZ: the machine of build.sh; what it says on its console.
# Emulated, and its time counted in instructions (2 ns each), not by the clock: a busy host makes it slow, never late.
# HIPHINGE_VM_ACCEL=kvm runs it on the processor itself, in real time.
set -e
case ${HIPHINGE_VM_ACCEL:-tcg} in
kvm) how="-accel kvm -cpu host -smp 2" ;;
*) how="-accel tcg,thread=single -icount shift=1,sleep=off -cpu max -smp 1" ;;
esac
# shellcheck disable=SC2086  # several words each
exec qemu-system-x86_64 $how -m 3072 -nographic -no-reboot -nodefaults -serial stdio \
    -kernel "$1/vmlinuz" -initrd "$1/initrd.zst" -append "console=ttyS0 quiet panic=1 hiphinge=$2,$3"
