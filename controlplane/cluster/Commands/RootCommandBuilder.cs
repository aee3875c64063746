using System.CommandLine;
using Podwire.Cluster.Init;

namespace Podwire.Cluster.Commands;

/// <summary>The command line of <c>podwire</c>.</summary>
internal static class RootCommandBuilder
{
    public static RootCommand Build(ClusterPaths paths)
    {
        var root = new RootCommand("podwire - a Kubernetes cluster's network on one machine: bring it up, look around, take it down")
        {
            Up(paths),
            Down(paths),
            Status(paths),
            Exec(paths),
            Cni(),
            // Run by the executable before this command line is parsed; here for the overview in --help.
            new Command("explain", "What a connection to a Service meets on this node: rules with counters, endpoints, outcome. See podwire explain --help."),
            new Command("bgp", "What a running podwire-bgp knows: neighbors, routes, explain PREFIX, summary. See podwire bgp --help."),
            Init(),
        };
        return root;
    }

    private static Command Up(ClusterPaths paths)
    {
        var nodes = new Option<int>("--nodes") { Description = $"how many nodes, 1 to {Nodes.Underlay.MostNodes}", DefaultValueFactory = _ => 3 };
        var network = new Option<string>("--network") { Description = "flannel-vxlan, flannel-host-gw, flannel-udp, flannel-ipip, calico-bgp, calico-rr, calico-vxlan or calico-ipip", DefaultValueFactory = _ => "flannel-vxlan" };
        var proxy = new Option<string>("--proxy") { Description = "nftables, iptables or ipvs", DefaultValueFactory = _ => "nftables" };
        var netpolicy = new Option<string>("--netpolicy") { Description = "who enforces network policies: nftables, iptables or none", DefaultValueFactory = _ => "nftables" };
        var port = new Option<int>("--api-port") { Description = "the API server's port on 127.0.0.1", DefaultValueFactory = _ => 6443 };
        var noSample = new Option<bool>("--no-sample") { Description = "do not deploy the sample and test it" };
        var command = new Command("up", "Start the cluster: namespaces, control plane, nodes, sample. Needs root. A second run mends what is missing.") { nodes, network, proxy, netpolicy, port, noSample };
        command.SetAction((result, cancel) => new UpCommand(paths, new UpOptions
        {
            Nodes = result.GetValue(nodes),
            Network = result.GetValue(network)!,
            Proxy = result.GetValue(proxy)!,
            NetPolicy = result.GetValue(netpolicy)!,
            ApiPort = result.GetValue(port),
            Sample = !result.GetValue(noSample),
        }).RunAsync(cancel));
        return command;
    }

    private static Command Down(ClusterPaths paths)
    {
        var command = new Command("down", "End the cluster and remove all that it made: processes, namespaces, links, files.");
        command.SetAction(_ => new DownCommand(paths).Run());
        return command;
    }

    private static Command Status(ClusterPaths paths)
    {
        var command = new Command("status", "Show nodes, daemons, pods and services. Ends with 1 when something is not as it should be, 3 when no cluster is up.");
        command.SetAction((_, cancel) => new StatusCommand(paths).RunAsync(cancel));
        return command;
    }

    private static Command Exec(ClusterPaths paths)
    {
        var target = new Argument<string>("TARGET") { Description = "node/NAME, node/control, or pod/NAMESPACE/NAME" };
        var words = new Argument<string[]>("CMD") { Description = "the command and its arguments, after --", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command inside a node's or a pod's namespaces; its output and exit code pass through. 126: no such node or pod, 127: no such command.") { target, words };
        command.SetAction(result => new ExecCommand(paths).Run(result.GetValue(target)!, result.GetValue(words)!));
        return command;
    }

    /// <summary>Only for the list of commands: it is a program of its own, which deploy/bin calls before this one reads the line.</summary>
    private static Command Cni() => new("cni", "Call CNI plugins as a container runtime does: add, check, del, gc, status. podwire cni --help tells more.");

    private static Command Init()
    {
        var spec = new Argument<string>("SPEC");
        var command = new Command("init", "a node's first process") { spec };
        command.Hidden = true;
        command.SetAction(result => InitCommand.Run(result.GetValue(spec)!));
        return command;
    }
}
