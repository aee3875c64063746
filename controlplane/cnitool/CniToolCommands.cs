using System.Globalization;
using System.Text;
using System.Text.Json;
using Podwire.Cni;

namespace Podwire.CniTool;

/// <summary>The verbs, each one call of the runner that the kubelet uses too.</summary>
internal sealed class CniToolCommands(CniToolArguments arguments, TextWriter output)
{
    private readonly CniRunner runner = new(new CniRunnerOptions { PluginPath = arguments.PluginPath, CacheDirectory = arguments.CacheDirectory });

    private CniAttachment Attachment => new()
    {
        ContainerId = arguments.ContainerId,
        NetNs = arguments.NetNs,
        IfName = arguments.IfName,
        Args = arguments.Args,
        CapabilityArgs = arguments.CapabilityArgs,
    };

    internal async Task RunAsync(CancellationToken cancellation)
    {
        if (arguments.Verb == "list")
        {
            await ListAsync().ConfigureAwait(false);
            return;
        }

        var list = Find();
        switch (arguments.Verb)
        {
            case "add":
                var result = await runner.AddAsync(list, Attachment, cancellation).ConfigureAwait(false);
                await WriteAsync(CniResultWriter.ToJson(result, list.Version)).ConfigureAwait(false);
                break;
            case "check":
                await runner.CheckAsync(list, Attachment, cancellation).ConfigureAwait(false);
                break;
            case "del":
                await runner.DelAsync(list, Attachment, cancellation).ConfigureAwait(false);
                break;
            case "gc":
                await runner.GcAsync(list, arguments.Keep, cancellation).ConfigureAwait(false);
                break;
            case "status":
                await runner.StatusAsync(list, cancellation).ConfigureAwait(false);
                break;
            default:
                foreach (var plugin in list.Plugins)
                {
                    var versions = await runner.VersionsAsync(plugin.Type, cancellation).ConfigureAwait(false);
                    await output.WriteLineAsync($"{plugin.Type} {string.Join(' ', versions)}").ConfigureAwait(false);
                }

                break;
        }
    }

    /// <summary>The network of this name among the files of the configuration's folder; a file that cannot be read is only in the way if no other has it.</summary>
    private NetworkConfigList Find()
    {
        CniException? bad = null;
        foreach (var path in NetworkConfigList.Files(arguments.ConfigDirectory))
        {
            try
            {
                var list = NetworkConfigList.Load(path);
                if (list.Name == arguments.Network)
                {
                    return list;
                }
            }
            catch (CniException e)
            {
                bad ??= new CniException(e.Code, $"{path}: {e.Message}", e.Details, e);
            }
        }

        throw bad ?? new CniException(CniErrorCode.InvalidNetworkConfig, $"{arguments.ConfigDirectory} has no network of this name");
    }

    private async Task ListAsync()
    {
        await output.WriteLineAsync("NETWORK          CONTAINER                        IFNAME           ADDRESSES").ConfigureAwait(false);
        foreach (var cached in runner.AllCached().OrderBy(c => c.Network, StringComparer.Ordinal).ThenBy(c => c.Attachment.ContainerId, StringComparer.Ordinal))
        {
            var addresses = cached.Result is { } result ? string.Join(' ', result.Ips.Select(ip => ip.Address)) : string.Empty;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{cached.Network,-16} {cached.Attachment.ContainerId,-32} {cached.Attachment.IfName,-16} {addresses}")).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, CniJson.WriterOptions with { Indented = true }))
        {
            document.WriteTo(writer);
        }

        await output.WriteLineAsync(Encoding.UTF8.GetString(text.ToArray())).ConfigureAwait(false);
    }
}
