using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>
/// What a container runtime does with a network list: calls each plugin in turn, hands the result of one to the next, keeps the last
/// one on disk, and calls them in the reverse order to take the attachment down. The plugins are executed as the specification says;
/// the call blocks a thread of its own, so the caller waits on a task.
/// </summary>
public sealed class CniRunner(CniRunnerOptions options)
{
    private readonly ResultCache cache = new(options.CacheDirectory);

    /// <summary>Attaches a container and keeps the result. If a plugin fails, those before it are not undone: the runtime calls <see cref="DelAsync"/>.</summary>
    /// <exception cref="CniException">A plugin's error; 104: a plugin is not in the path or broke the protocol; 11: it took too long.</exception>
    public Task<CniResult> AddAsync(NetworkConfigList list, CniAttachment attachment, CancellationToken cancellation = default) =>
        OnThread(() => Add(list, attachment, cancellation), cancellation);

    /// <summary>Takes an attachment down, last plugin first. Every plugin is called even if one fails; the first failure is thrown then, and the cached result stays for the next try.</summary>
    /// <exception cref="CniException">As <see cref="AddAsync"/>.</exception>
    public Task DelAsync(NetworkConfigList list, CniAttachment attachment, CancellationToken cancellation = default) =>
        OnThread(() => Del(list, attachment, cancellation), cancellation);

    /// <summary>Compares an attachment with its cached result; does nothing where <c>disableCheck</c> is set.</summary>
    /// <exception cref="CniException">What differs; code 1 before 0.4.0; code 3 if there is no cached result.</exception>
    public Task CheckAsync(NetworkConfigList list, CniAttachment attachment, CancellationToken cancellation = default) =>
        OnThread(() => Check(list, attachment, cancellation), cancellation);

    /// <summary>
    /// Takes down cached attachments of this network that are not valid any more, then calls GC of every plugin from 1.1.0 on; does
    /// nothing where <c>disableGC</c> is set.
    /// </summary>
    /// <exception cref="CniException">The first failure, after everything was tried.</exception>
    public Task GcAsync(NetworkConfigList list, IReadOnlyCollection<AttachmentId> valid, CancellationToken cancellation = default) =>
        OnThread(() => Gc(list, valid, cancellation), cancellation);

    /// <summary>Asks every plugin whether ADD could be served; before 1.1.0 only whether the files are there.</summary>
    /// <exception cref="CniException">Code 50 or 51, or 104 if a plugin is not in the path.</exception>
    public Task StatusAsync(NetworkConfigList list, CancellationToken cancellation = default) =>
        OnThread(() => Status(list, cancellation), cancellation);

    /// <summary>The versions that a plugin speaks.</summary>
    /// <exception cref="CniException">As <see cref="AddAsync"/>.</exception>
    public Task<IReadOnlyList<CniVersion>> VersionsAsync(string type, CancellationToken cancellation = default) =>
        OnThread(() => Versions(type, cancellation), cancellation);

    /// <summary>What the cache holds of an attachment; null for nothing.</summary>
    public CachedAttachment? Cached(string network, string containerId, string ifName) => cache.Load(network, containerId, ifName);

    /// <summary>Everything that the cache holds, for a runtime that starts again.</summary>
    public IReadOnlyList<CachedAttachment> AllCached() => [.. cache.All()];

    private CniResult Add(NetworkConfigList list, CniAttachment attachment, CancellationToken cancellation)
    {
        CniNames.CheckContainerId(attachment.ContainerId);
        CniNames.CheckIfName(attachment.IfName);
        ReadOnlyMemory<byte> result = default;
        foreach (var plugin in list.Plugins)
        {
            result = Execute(CniCommand.Add, list, plugin, attachment, result, cancellation);
            CniResultReader.Parse(result, $"the result of {plugin.Type}");
        }

        cache.Save(list, attachment, result.Span);
        return CniResultReader.Parse(result);
    }

    private bool Del(NetworkConfigList list, CniAttachment attachment, CancellationToken cancellation)
    {
        CniNames.CheckContainerId(attachment.ContainerId);
        CniNames.CheckIfName(attachment.IfName);
        var cached = cache.Load(list.Name, attachment.ContainerId, attachment.IfName);
        var previous = list.Version.HasCheck ? cached?.ResultJson ?? default : default;
        CniException? first = null;
        foreach (var plugin in list.Plugins.Reverse())
        {
            try
            {
                Execute(CniCommand.Del, list, plugin, attachment, previous, cancellation);
            }
            catch (CniException e)
            {
                first ??= e;
            }
        }

        if (first is not null)
        {
            throw new CniException(first.Code, first.Message, first.Details, first);
        }

        cache.Remove(list.Name, attachment.ContainerId, attachment.IfName);
        return true;
    }

    private bool Check(NetworkConfigList list, CniAttachment attachment, CancellationToken cancellation)
    {
        if (!list.Version.HasCheck)
        {
            throw new CniException(CniErrorCode.IncompatibleVersion, $"network {list.Name} has version {list.Version}, which does not have CHECK");
        }

        if (list.DisableCheck)
        {
            return true;
        }

        var cached = cache.Load(list.Name, attachment.ContainerId, attachment.IfName);
        if (cached is null || cached.ResultJson.IsEmpty)
        {
            throw new CniException(CniErrorCode.UnknownContainer, $"no result of {attachment.ContainerId} {attachment.IfName} on network {list.Name} is kept");
        }

        foreach (var plugin in list.Plugins)
        {
            Execute(CniCommand.Check, list, plugin, attachment, cached.ResultJson, cancellation);
        }

        return true;
    }

    private bool Gc(NetworkConfigList list, IReadOnlyCollection<AttachmentId> valid, CancellationToken cancellation)
    {
        if (list.DisableGc)
        {
            return true;
        }

        CniException? first = null;
        var keep = valid.ToHashSet();
        foreach (var cached in cache.All().Where(c => c.Network == list.Name && !keep.Contains(new(c.Attachment.ContainerId, c.Attachment.IfName))).ToList())
        {
            try
            {
                Del(list, cached.Attachment, cancellation);
            }
            catch (CniException e)
            {
                first ??= e;
            }
        }

        if (list.Version.HasGcAndStatus)
        {
            var attachments = RunnerConfig.Attachments(valid);
            foreach (var plugin in list.Plugins)
            {
                try
                {
                    var config = CniJson.Set(RunnerConfig.Of(list, plugin, null, default), new KeyValuePair<string, ReadOnlyMemory<byte>>("cni.dev/valid-attachments", attachments));
                    Execute(CniCommand.Gc, plugin, new PluginEnvironment(), config, cancellation);
                }
                catch (CniException e)
                {
                    first ??= e;
                }
            }
        }

        return first is null ? true : throw new CniException(first.Code, first.Message, first.Details, first);
    }

    private bool Status(NetworkConfigList list, CancellationToken cancellation)
    {
        foreach (var plugin in list.Plugins)
        {
            if (list.Version.HasGcAndStatus)
            {
                Execute(CniCommand.Status, plugin, new PluginEnvironment(), RunnerConfig.Of(list, plugin, null, default), cancellation);
            }
            else
            {
                Find(plugin.Type);
            }
        }

        return true;
    }

    private IReadOnlyList<CniVersion> Versions(string type, CancellationToken cancellation)
    {
        var path = Find(type);
        var output = PluginExecution.Run(path, CniCommand.Version, new PluginEnvironment { Path = PathText }, "{\"cniVersion\":\"1.1.0\"}"u8.ToArray(), options.Timeout, captureError: true, cancellation);
        var versions = new List<CniVersion>();
        var reader = new JsonObjectReader(output, $"the answer of {type} to VERSION");
        while (reader.Next())
        {
            if (reader.Is("supportedVersions"u8))
            {
                foreach (var text in reader.Strings())
                {
                    if (CniVersion.TryParse(text, out var version))
                    {
                        versions.Add(version);
                    }
                }
            }
        }

        return versions;
    }

    private byte[] Execute(CniCommand command, NetworkConfigList list, PluginConfig plugin, CniAttachment attachment, ReadOnlyMemory<byte> previous, CancellationToken cancellation) =>
        Execute(
            command,
            plugin,
            new PluginEnvironment
            {
                ContainerId = attachment.ContainerId,
                NetNs = attachment.NetNs,
                IfName = attachment.IfName,
                Args = string.Join(';', attachment.Args.Select(a => $"{a.Key}={a.Value}")),
            },
            RunnerConfig.Of(list, plugin, attachment, previous),
            cancellation);

    private byte[] Execute(CniCommand command, PluginConfig plugin, PluginEnvironment environment, ReadOnlyMemory<byte> config, CancellationToken cancellation) =>
        PluginExecution.Run(Find(plugin.Type), command, environment with { Path = PathText }, config, options.Timeout, captureError: true, cancellation);

    private string PathText => string.Join(':', options.PluginPath);

    private string Find(string type) => PluginPath.Find(type, options.PluginPath)
        ?? throw new CniException(CniErrorCode.DelegateFailed, $"plugin {type} is not in the plugin path", PathText);

    private static Task<T> OnThread<T>(Func<T> call, CancellationToken cancellation) =>
        Task.Factory.StartNew(call, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
