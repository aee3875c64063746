#!/bin/bash
# The guest's first process. Its root is still this machine's disk, writable (hostfs): nothing may be written before the overlay is the root.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
release=$(uname -r)
modules=/usr/lib/uml/modules/$release
mount -t tmpfs -o size=75%,mode=755 none "$UML_SHARE/root"
top=$UML_SHARE/root
root=$top/merged
mkdir -p "$top/upper" "$top/work" "$root"
insmod "$modules/kernel/fs/overlayfs/overlay.ko" && mount -t overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" overlay "$root" || {
  echo "init: no overlay over the root" >/dev/console
  exec /bin/sh -c 'mount -t proc none /proc; echo o >/proc/sysrq-trigger; sleep 9'
}
mount -t proc none "$root/proc"
mount -t sysfs none "$root/sys"
mount -t devtmpfs none "$root/dev"
mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
mount -t devpts -o ptmxmode=666 none "$root/dev/pts"
mount -t tmpfs none "$root/dev/shm"
mount -t tmpfs -o mode=755 none "$root/run"
[ -e "$root/dev/net/tun" ] || mknod "$root/dev/net/tun" c 10 200
ln -sf /proc/self/fd "$root/dev/fd"
ln -sf /proc/self/fd/0 "$root/dev/stdin"
ln -sf /proc/self/fd/1 "$root/dev/stdout"
ln -sf /proc/self/fd/2 "$root/dev/stderr"
mkdir -p "$root/run/lock" "$root/run/netns" "$root/run/old" "$root/lib/modules"
ln -sfn "$modules" "$root/lib/modules/$release"
# The one folder in which writes reach this machine.
mount -t hostfs -o "$UML_SHARE" none "$root$UML_SHARE"
# pivot_root rather than chroot: the kernel's own threads move along, so that modules are loaded from the new root.
cd "$root" && pivot_root . run/old && exec chroot . /bin/bash "$UML_HERE/inside.sh"
