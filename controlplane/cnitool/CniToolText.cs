namespace Podwire.CniTool;

/// <summary>What <c>--help</c> prints.</summary>
internal static class CniToolText
{
    internal const string Manual = """
        NAME
            podwire cni - call CNI plugins as a container runtime does

        SYNOPSIS
            podwire cni add|check|del NET NETNS [--container ID] [--cache DIR]
            podwire cni gc NET [--keep ID[:IFNAME]]... [--cache DIR]
            podwire cni status|version NET
            podwire cni list [--cache DIR]

        DESCRIPTION
            NET is the "name" of a network in a .conflist, .conf or .json file of the configuration's folder. NETNS is the path of
            a network namespace, such as /run/netns/NAME. Results are kept where runtimes keep them, so that del and check know
            them. Arguments and environment are those of cnitool.

            add      attach the namespace; prints the result as JSON
            check    compare the attachment with the result of its add; nothing where the network has disableCheck
            del      detach it; no harm if it is not attached, or if NETNS is gone
            gc       detach every kept attachment of NET that no --keep names, and let the plugins remove what else is left of
                     others; nothing where the network has disableGC. Without --keep that is all of them.
            status   ask each plugin whether it could serve add (from cniVersion 1.1.0 on; before, whether the plugins are there)
            version  print the versions that each plugin of NET speaks
            list     print the attachments that are kept, of every runtime that uses DIR

        OPTIONS
            --container ID   the container's ID; otherwise "cnitool-" and a hash of NETNS
            --keep ID        an attachment that gc leaves alone; IFNAME is eth0 unless given
            --cache DIR      where results are kept, below "results" (/var/lib/cni)

        ENVIRONMENT
            NETCONFPATH   the configuration's folder (/etc/cni/net.d)
            CNI_PATH      where the plugins are, ':' between folders (/opt/cni/bin)
            CNI_IFNAME    the interface to make (eth0)
            CNI_ARGS      KEY=VALUE;KEY=VALUE
            CAP_ARGS      capability arguments, such as {"portMappings":[{"hostPort":8080,"containerPort":80}]}; a plugin gets
                          those that it declares

        EXIT STATUS
            0 done; 1 failed, with one line on standard error that has the plugin's message and code; 2 a wrong command line

        EXAMPLE
            ip netns add blue
            CNI_PATH=out/cni podwire cni add pods /run/netns/blue
            CNI_PATH=out/cni podwire cni del pods /run/netns/blue

        """;
}
