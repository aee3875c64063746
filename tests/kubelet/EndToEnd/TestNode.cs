using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.ApiServer.Security;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Tests.EndToEnd;

/// <summary>
/// One node with a network of its own making: a CNI plugin that hands out one address, writes down whom it serves, and fails when
/// told to. The kubelet runs in this process, or in one of its own to be killed.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    private const string Plugin = """
        #!/bin/sh
        PATH=/usr/sbin:/usr/bin:/sbin:/bin
        state=$(dirname "$0")/../network
        cat > /dev/null
        case $CNI_COMMAND in
        ADD)
            echo "$CNI_ARGS" > "$state/leases/$CNI_CONTAINERID"
            if [ -e "$state/fail" ]; then
                echo '{"cniVersion":"1.0.0","code":100,"msg":"no network today"}'
                exit 1
            fi
            echo '{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"'$CNI_NETNS'"}],"ips":[{"address":"192.0.2.10/24","interface":0}]}'
            ;;
        DEL)
            if [ -e "$state/fail-del" ]; then
                echo '{"cniVersion":"1.0.0","code":100,"msg":"no way out today"}'
                exit 1
            fi
            rm -f "$state/leases/$CNI_CONTAINERID"
            ;;
        VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
        esac
        """;

    private readonly ScratchDirectory scratch = new();
    private readonly ControlPlane plane;
    private KubeletHost? host;
    private Task? running;
    private CancellationTokenSource? stop;
    private Process? process;

    public TestNode(ControlPlane plane, bool configured = true)
    {
        this.plane = plane;
        Name = $"node-{Guid.NewGuid().ToString("N")[..8]}";
        foreach (var directory in new[] { "bin", "conf", "network/leases", "cache", "root" })
        {
            Directory.CreateDirectory(scratch.At(directory));
        }

        File.WriteAllText(scratch.At("bin", "test-net"), Plugin);
        File.SetUnixFileMode(scratch.At("bin", "test-net"), (UnixFileMode)0x1ED);
        if (configured)
        {
            Configure();
        }
    }

    public string Name { get; }

    public KubeClient Client => plane.Admin;

    public int Port => host!.Port;

    public KubeletPaths Paths => new(scratch.At("root"));

    public PodStore Store => new(Paths);

    public string[] Leases => Directory.GetFiles(scratch.At("network", "leases"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string At(params string[] words) => scratch.At(words);

    public void Configure() =>
        File.WriteAllText(scratch.At("conf", "10-test.conflist"), """{"cniVersion":"1.0.0","name":"test","plugins":[{"type":"test-net"}]}""");

    public void FailAdd(bool fail) => Flag("fail", fail);

    public void FailDel(bool fail) => Flag("fail-del", fail);

    public void Start()
    {
        var kubeconfig = plane.Server.Kubeconfig(ClientIdentity.Node(Name));
        host = new(Options(kubeconfig), KubeConfig.Load(kubeconfig), NullLoggerFactory.Instance);
        stop = new();
        running = host.RunAsync(stop.Token);
    }

    /// <summary>Ends the kubelet as SIGTERM does; containers go on.</summary>
    public async Task StopAsync()
    {
        await stop!.CancelAsync();
        await running!;
        await host!.DisposeAsync();
        stop.Dispose();
        host = null;
    }

    public void StartProcess()
    {
        string[] self = [.. KubeletFlags.ShimCommand().SkipLast(1)];
        var start = new ProcessStartInfo(self[0]) { RedirectStandardError = true };
        foreach (var word in (string[])[
            .. self[1..], "kubelet", "--kubeconfig", plane.Server.Kubeconfig(ClientIdentity.Node(Name)), "--hostname-override", Name, "--node-ip", "127.0.0.1",
            "--root-dir", scratch.At("root"), "--cni-conf-dir", scratch.At("conf"), "--cni-bin-dir", scratch.At("bin"), "--cni-cache-dir", scratch.At("cache"),
            "--address", "127.0.0.1", "--port", "0", "--healthz-port", "0"])
        {
            start.ArgumentList.Add(word);
        }

        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> TerminateProcessAsync()
    {
        Assert.True(Podwire.Kubelet.Shim.ProcessIdentity.Of(process!.Id)!.Signal(15));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        await process.WaitForExitAsync(patience.Token);
        var exitCode = process.ExitCode;
        process.Dispose();
        process = null;
        return exitCode;
    }

    public void KillProcess()
    {
        process!.Kill();
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    public async Task<Pod> CreateAsync(string name, string script, Action<Pod>? change = null)
    {
        var pod = new Pod
        {
            Metadata = { Name = name, Namespace = "default" },
            Spec =
            {
                NodeName = Name,
                RestartPolicy = "Always",
                TerminationGracePeriodSeconds = 30,
                Containers = [new() { Name = "c", Image = "host", Command = ["/bin/sh", "-c", script] }],
            },
        };
        change?.Invoke(pod);
        return await Client.CreateAsync(KubeResources.Pods, pod, Cancel);
    }

    /// <summary>The pod as soon as it is as asked.</summary>
    public async Task<Pod> UntilAsync(string name, Func<Pod, bool> asked)
    {
        Pod? pod = null;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(90));
            while (true)
            {
                pod = await Client.GetAsync(KubeResources.Pods, "default", name, patience.Token);
                if (asked(pod))
                {
                    return pod;
                }

                await Task.Delay(50, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            throw new TimeoutException("the pod stayed " + System.Text.Encoding.UTF8.GetString(Kube.Json.KubeJson.Serialize(pod!.Status)));
        }
    }

    public Task<Pod> UntilReadyAsync(string name) => UntilAsync(name, pod => pod.Status.Conditions.Exists(condition => condition is { Type: "Ready", Status: "True" }));

    public async Task UntilAsync(Func<bool> asked)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        while (!asked())
        {
            await Task.Delay(50, patience.Token);
        }
    }

    public async Task UntilGoneAsync(string name)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        while (await Client.TryGetAsync(KubeResources.Pods, "default", name, patience.Token) is not null)
        {
            await Task.Delay(50, patience.Token);
        }
    }

    public Task DeleteAsync(string name, long? grace = null) =>
        Client.DeleteAsync(KubeResources.Pods, "default", name, Cancel, new DeleteOptions { GracePeriodSeconds = grace });

    public async Task<string[]> EventsAsync(string pod) =>
        [.. (await Client.ListAsync(KubeResources.Events, "default", null, Cancel)).Items.Where(item => item.InvolvedObject.Name == pod).Select(item => $"{item.Reason}: {item.Message}")];

    /// <summary>Returns once there is such an event of the pod.</summary>
    public async Task UntilEventAsync(string pod, string reason, string text)
    {
        string[] events = [];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        while (!events.Any(one => one.StartsWith(reason + ": ", StringComparison.Ordinal) && one.Contains(text, StringComparison.Ordinal)))
        {
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"no {reason} among {string.Join("; ", events)}");
            }

            await Task.Delay(50, Cancel);
            events = await EventsAsync(pod);
        }
    }

    public async Task<string> LogAsync(string pod, string query = "")
    {
        await using var stream = await Client.OpenStreamAsync($"api/v1/namespaces/default/pods/{pod}/log{query}", Cancel);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancel);
    }

    /// <summary>Takes every pod of the node down, whatever the test left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            KillProcess();
        }

        FailAdd(false);
        FailDel(false);
        if (host is null)
        {
            Start();
        }

        foreach (var pod in (await Client.ListAsync(KubeResources.Pods, "default", null, default)).Items.Where(pod => pod.Spec.NodeName == Name))
        {
            await Client.TryDeleteAsync(KubeResources.Pods, "default", pod.Metadata.Name, default, new DeleteOptions { GracePeriodSeconds = 0 });
        }

        for (var i = 0; i < 1000 && Directory.GetDirectories(Paths.Pods).Length > 0; i++)
        {
            await Task.Delay(20);
        }

        await StopAsync();
        scratch.Dispose();
    }

    private KubeletOptions Options(string kubeconfig) => new()
    {
        Kubeconfig = kubeconfig,
        NodeName = Name,
        NodeIPs = ["127.0.0.1"],
        RootDirectory = scratch.At("root"),
        CniConfDirectory = scratch.At("conf"),
        CniBinDirectory = scratch.At("bin"),
        CniCacheDirectory = scratch.At("cache"),
        Address = "127.0.0.1",
        Port = FreePort(),
        HealthzPort = 0,
        ShimCommand = KubeletFlags.ShimCommand(),
    };

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Flag(string name, bool set)
    {
        if (set)
        {
            File.WriteAllText(scratch.At("network", name), "");
        }
        else
        {
            File.Delete(scratch.At("network", name));
        }
    }
}
