#!/bin/bash
# What runs behind init.sh, on the overlay: the base settings, the command, the end.
cd /
umount -l /run/old
hostname uml
ip link set lo up
mkdir -p /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
# This kernel's nf_tables has no ip, ip6 and inet families: iptables means the legacy variant here.
mkdir -p /run/bin
for tool in iptables ip6tables; do
  for suffix in '' -save -restore; do ln -s "/usr/sbin/$tool-legacy$suffix" "/run/bin/$tool$suffix"; done
done
export PATH=/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 TMPDIR=/tmp PODWIRE_UML=$UML_SHARE
# Most modules are loaded when they are first used; these have sysctls that are looked for before.
modprobe -a ip_vs br_netfilter nf_conntrack
bash "$UML_SHARE/command" </dev/null >"$UML_SHARE/out" 2>"$UML_SHARE/err"
echo $? >"$UML_SHARE/code"
sync
echo o >/proc/sysrq-trigger
sleep 60
