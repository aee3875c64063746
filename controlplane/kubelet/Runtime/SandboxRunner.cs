using System.Globalization;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;

namespace Podwire.Kubelet.Runtime;

/// <summary>
/// Makes and removes sandboxes, writing down each step before it is taken. Whatever a crash leaves half-made is removed by the
/// same steps that remove a whole one, each of which is harmless where there is nothing.
/// </summary>
/// <param name="paths">Where the files are.</param>
/// <param name="store">Where the state is kept.</param>
/// <param name="network">What attaches sandboxes.</param>
/// <param name="netnsDirectory">/run/netns.</param>
/// <param name="clock">The time.</param>
internal sealed class SandboxRunner(KubeletPaths paths, PodStore store, INodeNetwork network, string netnsDirectory, TimeProvider clock)
{
    /// <summary>Makes a sandbox; a half-made one is removed first.</summary>
    /// <exception cref="Podwire.Cni.CniException">The network says no; what was made is removed, or marked for it.</exception>
    /// <exception cref="Podwire.Netlink.SyscallException">The namespace cannot be made.</exception>
    public async Task<PodState> CreateAsync(Pod pod, PodState state, Action<PodState> changed, CancellationToken cancel)
    {
        state = await RemoveAsync(state, changed, cancel);
        var id = ContainerRuntime.NewId();
        var hostNetwork = pod.Spec.HostNetwork == true;
        var sandbox = new SandboxState
        {
            Id = id,
            NetworkNamespace = hostNetwork ? null : Path.Combine(netnsDirectory, $"podwire-{id.AsSpan(0, 16)}"),
            Phase = hostNetwork ? SandboxPhase.Ready : SandboxPhase.Creating,
            CreatedAt = clock.GetUtcNow(),
        };
        state = Save(state with { Sandbox = sandbox, BootId = PodStore.BootId }, changed);
        if (hostNetwork)
        {
            return state;
        }

        try
        {
            using (var netns = NetNamespace.Create(sandbox.NetworkNamespace!))
            using (var routes = RouteSocket.Open(netns))
            {
                routes.SetLink("lo", new LinkChange { Up = true });
            }

            var addresses = await network.AttachAsync(pod, sandbox, NetworkConfig(state.Uid), cancel);
            return Save(state with { Sandbox = sandbox with { Phase = SandboxPhase.Ready, PodIPs = addresses } }, changed);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            try
            {
                await RemoveAsync(state, changed, cancel);
            }
            catch (Podwire.Cni.CniException)
            {
                // The first failure is the one to tell; the state says that there is something to remove, and the next try begins with that.
            }

            throw;
        }
    }

    /// <summary>Removes the sandbox, if there is one: its processes, its network, its namespace.</summary>
    /// <exception cref="Podwire.Cni.CniException">The network says no; the rest stands until the next try.</exception>
    public async Task<PodState> RemoveAsync(PodState state, Action<PodState> changed, CancellationToken cancel)
    {
        if (state.Sandbox is not { } sandbox)
        {
            return state;
        }

        if (sandbox.Phase != SandboxPhase.Removing)
        {
            sandbox = sandbox with { Phase = SandboxPhase.Removing };
            state = Save(state with { Sandbox = sandbox }, changed);
        }

        if (sandbox.NetworkNamespace is { } path)
        {
            EndProcesses(path);
            await network.DetachAsync(state, sandbox, NetworkConfig(state.Uid), cancel);
            NetNamespace.Delete(path);
        }

        return Save(state with { Sandbox = null }, changed);
    }

    /// <summary>Kills every process whose network namespace is the one at <paramref name="path"/>: what outlived its shim.</summary>
    private static void EndProcesses(string path)
    {
        using var netns = NetNamespace.TryOpen(path);
        if (netns is null || netns.IsCurrent())
        {
            return;
        }

        var link = string.Create(CultureInfo.InvariantCulture, $"net:[{netns.Id.Inode}]");
        foreach (var directory in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            try
            {
                if (File.ResolveLinkTarget($"{directory}/ns/net", returnFinalTarget: false)?.Name == link)
                {
                    _ = Libc.kill(pid, Libc.SIGKILL);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
        }
    }

    private string NetworkConfig(string uid) => Path.Combine(paths.Pod(uid), "network.conflist");

    private PodState Save(PodState state, Action<PodState> changed)
    {
        store.Save(state);
        changed(state);
        return state;
    }
}
