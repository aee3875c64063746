using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Podwire.BgpDaemon.Command;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>A node: a namespace without a default route, the agent as a process in it, and pods that the plugin attaches.</summary>
internal sealed class CalicoNode : IAsyncDisposable
{
    private readonly CalicoNetwork network;
    private readonly List<NetNamespace> pods = [];
    private readonly StringBuilder log = new();
    private readonly string directory = Directory.CreateTempSubdirectory("calico-node-").FullName;
    private Process? agent;

    public CalicoNode(CalicoNetwork network, int number)
    {
        this.network = network;
        Number = number;
        NetnsName = $"{network.Prefix}-n{number}";
        Namespace = NetNamespace.Create($"/run/netns/{NetnsName}");
        File.CreateSymbolicLink(Path.Combine(directory, "calico-ipam"), OtherTask.Ipam);
    }

    public int Number { get; }

    public string Name => $"node{Number}";

    public string NetnsName { get; }

    public NetNamespace Namespace { get; }

    public int Mtu { get; set; }

    /// <summary>Plugins see this agent's files where an installed agent has them, in /var/lib/calico.</summary>
    public bool HasState { get; set; }

    public bool V6 { get; set; }

    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    public string StateSocket => Path.Combine(directory, "bgp.sock");

    public void Start(params string[] more)
    {
        agent = Process.Start(OtherTask.Agent(
            NetnsName, ["--kubeconfig", network.Api.NodeKubeconfig, "--hostname-override", Name, "--socket", Path.Combine(directory, "cni.sock"), "--bgp-state-socket", StateSocket, "--state-dir", Path.Combine(directory, "state"), "--resync-period", "1s", .. more]))!;
        foreach (var line in (Action<DataReceivedEventHandler>[])[handler => agent.ErrorDataReceived += handler, handler => agent.OutputDataReceived += handler])
        {
            line((_, told) =>
            {
                lock (log)
                {
                    log.AppendLine(told.Data);
                }
            });
        }

        agent.BeginErrorReadLine();
        agent.BeginOutputReadLine();
    }

    public async Task ReadyAsync() => await CalicoNetwork.UntilAsync($"{Name} is ready\n{Log}", () => Log.Contains("Ready:", StringComparison.Ordinal) ? null : Log);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        agent!.Kill();
        await agent.WaitForExitAsync();
        agent.Dispose();
        agent = null;
    }

    /// <summary>A pod of the API server's on this node, and its namespace.</summary>
    public async Task<CalicoPod> PodAsync(string name, Action<Pod>? more = null)
    {
        var pod = new Pod { Metadata = { Name = name, Namespace = "default" }, Spec = { NodeName = Name, Containers = [new Container { Name = "c", Image = "i" }] } };
        more?.Invoke(pod);
        await network.Api.Client.CreateAsync(KubeResources.Pods, pod, TestApi.Cancel);
        var ns = NetNamespace.Create($"/run/netns/{network.Prefix}-{name}");
        pods.Add(ns);
        return new CalicoPod(this, name, ns);
    }

    /// <summary>Calls the plugin as a runtime does; the exit code and the answer.</summary>
    public (int Code, JsonObject Answer) Call(string command, CalicoPod? pod, JsonObject? previous = null, Action<JsonObject>? more = null, string plugin = "calico") =>
        Call(OtherTask.Plugin(NetnsName, plugin), directory, command, pod, previous, more);

    /// <summary>Calls a plugin that is started another way, with the plugins of another folder.</summary>
    public (int Code, JsonObject Answer) Call(ProcessStartInfo start, string path, string command, CalicoPod? pod, JsonObject? previous = null, Action<JsonObject>? more = null)
    {
        if (HasState)
        {
            string[] within = ["sh", "-c", "mount -t tmpfs none /var/lib && ln -s \"$0\" /var/lib/calico && exec \"$@\"", Path.Combine(directory, "state")];
            for (var i = 0; i < within.Length; i++)
            {
                start.ArgumentList.Insert(3 + i, within[i]);
            }
        }

        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_PATH"] = path;
        if (pod is not null)
        {
            start.Environment["CNI_CONTAINERID"] = pod.ContainerId;
            start.Environment["CNI_NETNS"] = pod.Namespace.Path;
            start.Environment["CNI_IFNAME"] = "eth0";
            start.Environment["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME={pod.Name};K8S_POD_INFRA_CONTAINER_ID={pod.ContainerId}";
        }

        var conf = new JsonObject
        {
            ["cniVersion"] = "1.1.0",
            ["name"] = "k8s-pod-network",
            ["type"] = "calico",
            ["datastore_type"] = "kubernetes",
            ["mtu"] = Mtu,
            ["agentSocket"] = Path.Combine(directory, "cni.sock"),
            ["ipam"] = new JsonObject { ["type"] = "calico-ipam", ["assign_ipv6"] = V6 ? "true" : "false" },
            ["policy"] = new JsonObject { ["type"] = "k8s" },
        };
        more?.Invoke(conf);
        if (previous is not null)
        {
            conf["prevResult"] = previous.DeepClone();
        }

        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Write(conf.ToJsonString());
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed before it read.
        }

        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode < 128 && output.Length > 0 ? JsonNode.Parse(output)!.AsObject() : new JsonObject { ["stderr"] = error.Result, ["stdout"] = output });
    }

    /// <summary>What <c>podwire bgp</c> shows.</summary>
    public string Ask(string question)
    {
        using var output = new StringWriter();
        BgpCommand.Run([.. question.Split(' '), "--socket", StateSocket, "--json"], output, output);
        return output.ToString();
    }

    public string Ip(string arguments) => CalicoNetwork.Run("ip", ["-n", NetnsName, .. arguments.Split(' ')]);

    public string Bridge(params string[] arguments) => CalicoNetwork.Run("bridge", ["-n", NetnsName, .. arguments]);

    public string Nft(string command) => CalicoNetwork.Run("ip", ["netns", "exec", NetnsName, "nft", .. command.Split(' ')]);

    public async ValueTask DisposeAsync()
    {
        if (agent is not null)
        {
            await KillAsync();
        }

        foreach (var pod in pods)
        {
            pod.Dispose();
            NetNamespace.Delete(pod.Path);
        }

        Namespace.Dispose();
        NetNamespace.Delete(Namespace.Path);
        Directory.Delete(directory, recursive: true);
    }
}
