#!/bin/sh
# build.sh FOLDER SITE_PACKAGES CHECKOUT: a Debian with bluetoothd, this Python's packages and the checkout,
# as a kernel and an initrd in FOLDER. Needs root, debootstrap, cpio, zstd, kmod; about five minutes and 1 GB.
# What is there already is not made again, but for the checkout.
set -e
folder=$1 packages=$2 checkout=$3 here=$(dirname "$0")
kernel=${HIPHINGE_VM_KERNEL:-6.1.0-56-amd64}
root=$folder/rootfs
mkdir -p "$folder"

if [ ! -e "$root/usr/sbin/bluetoothd" ] && [ ! -e "$root/usr/libexec/bluetooth/bluetoothd" ]; then
    debootstrap --variant=minbase --include=dbus,bluez,python3,kmod,udev,procps bookworm "$root"
fi
umount "$root/proc" "$root/sys" 2>/dev/null || true

if [ ! -e "$folder/vmlinuz" ]; then
    cd "$folder"
    apt-get download "linux-image-$kernel"
    dpkg-deb -x "linux-image-$kernel"_*.deb "$folder/image"
    modules=lib/modules/$kernel
    mkdir -p "$root/$modules/kernel"
    for part in net/bluetooth net/rfkill drivers/bluetooth crypto arch/x86/crypto lib; do
        mkdir -p "$root/$modules/kernel/$part"
        cp -r "$folder/image/$modules/kernel/$part/." "$root/$modules/kernel/$part"
    done
    cp "$folder/image/$modules"/modules.* "$root/$modules"
    depmod -b "$root" "$kernel"
    cp "$folder/image/boot/vmlinuz-$kernel" "$folder/vmlinuz"
    cd - >/dev/null
fi

rm -rf "$root/opt/packages" "$root/opt/hiphinge"
mkdir -p "$root/opt/packages" "$root/opt/hiphinge/tests/benchmarks"
for name in bleak bumble cffi _cffi_backend* cryptography dbus_fast numpy numpy.libs pyee typing_extensions.py \
    *__mypyc*.so; do
    for found in "$packages"/$name; do
        [ ! -e "$found" ] || cp -r "$found" "$root/opt/packages"
    done
done
cp -r "$checkout/src/hiphinge" "$root/opt/hiphinge"
cp -r "$checkout/tests/bluez" "$root/opt/hiphinge/tests"
cp -r "$checkout/tests/benchmarks/vm" "$root/opt/hiphinge/tests/benchmarks"
find "$root/opt" -name __pycache__ -prune -exec rm -rf {} + -o -name tests -path '*numpy*' -prune -exec rm -rf {} +
cp "$here/init" "$root/init"
chmod +x "$root/init"
cd "$root"
find . -xdev -path ./var/cache -prune -o -path ./usr/share/doc -prune -o -path ./usr/share/locale -prune -o -print0 |
    cpio --null --create --format=newc --quiet | zstd -q -1 -T0 -f -o "$folder/initrd.zst"
ls -l "$folder/vmlinuz" "$folder/initrd.zst"
