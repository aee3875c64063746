using Podwire.ApiServer;
using Podwire.BgpDaemon;
using Podwire.BgpDaemon.Command;
using Podwire.Cluster;
using Podwire.CniCalico.Agent;
using Podwire.CniFlannel.Agent;
using Podwire.CniTool;
using Podwire.Executable;
using Podwire.Kubelet;
using Podwire.NetPolicy;
using Podwire.NetPolicy.Explain;
using Podwire.Proxy;
using Podwire.Proxy.Explain;

// One file for all of out/bin: the name it is called by picks the program.
var name = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
return name switch
{
    "podwire-apiserver" => await ApiServerProgram.RunAsync(args, ControllersBeside.RunAsync),
    "podwire-kubelet" => await KubeletProgram.RunAsync(args),
    "podwire-flannel" => await FlannelProgram.RunAsync(args),
    "podwire-calico" => await CalicoProgram.RunAsync(args),
    "podwire-bgp" => await BgpProgram.RunAsync(args),
    "podwire-proxy" => await ProxyProgram.RunAsync(args),
    "podwire-netpolicy" => await PolicyProgram.RunAsync(args),
    _ when PolicyCommand.Takes(args) => await PolicyCommand.RunAsync(args),
    _ when args is ["cni", ..] => await CniToolProgram.RunAsync(args[1..]),
    _ when args is ["explain", .. var rest] => await ExplainProgram.RunAsync(rest),
    _ when args is ["bgp", .. var rest] => BgpCommand.Run(rest, Console.Out, Console.Error),
    _ => await ClusterProgram.RunAsync(args),
};
