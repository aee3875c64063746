using System.Buffers;
using System.Text.Json;

namespace Podwire.Cni;

/// <summary>
/// Results on disk, one file per attachment: <c>DIR/results/NETWORK-CONTAINER-IFNAME</c>, in libcni's format «cniCacheV1», so that a
/// runtime that was replaced finds its attachments and the other way round. Files are written aside and renamed into place.
/// </summary>
internal sealed class ResultCache(string directory)
{
    private const string Kind = "cniCacheV1";

    private readonly string results = Path.Join(directory, "results");

    internal void Save(NetworkConfigList list, CniAttachment attachment, ReadOnlySpan<byte> result)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, CniJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, Kind);
            json.WriteString("containerId"u8, attachment.ContainerId);
            json.WriteBase64String("config"u8, list.Json.Span);
            json.WriteString("ifName"u8, attachment.IfName);
            json.WriteString("networkName"u8, list.Name);
            if (attachment.Args.Count > 0)
            {
                json.WriteStartArray("cniArgs"u8);
                foreach (var (key, value) in attachment.Args)
                {
                    json.WriteStartArray();
                    json.WriteStringValue(key);
                    json.WriteStringValue(value);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
            }

            if (attachment.CapabilityArgs.Count > 0)
            {
                json.WriteStartObject("capabilityArgs"u8);
                foreach (var (key, value) in attachment.CapabilityArgs)
                {
                    json.WritePropertyName(key);
                    json.WriteRawValue(value.Span, skipInputValidation: true);
                }

                json.WriteEndObject();
            }

            if (!result.IsEmpty)
            {
                json.WritePropertyName("result"u8);
                json.WriteRawValue(result, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        var path = PathOf(list.Name, attachment.ContainerId, attachment.IfName);
        var aside = Path.Join(results, $".{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(results);
            File.WriteAllBytes(aside, buffer.WrittenSpan);
            File.Move(aside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"cannot keep the result in {path}", e.Message, e);
        }
    }

    internal CachedAttachment? Load(string network, string containerId, string ifName)
    {
        var path = PathOf(network, containerId, ifName);
        return File.Exists(path) ? Read(path) : null;
    }

    internal void Remove(string network, string containerId, string ifName)
    {
        // Before the first result there is no directory, and File.Delete takes that, unlike a missing file, for an error.
        if (Directory.Exists(results))
        {
            File.Delete(PathOf(network, containerId, ifName));
        }
    }

    internal IEnumerable<CachedAttachment> All()
    {
        if (!Directory.Exists(results))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(results).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(path).StartsWith('.'))
            {
                continue;
            }

            var cached = Read(path);
            if (cached is not null)
            {
                yield return cached;
            }
        }
    }

    /// <summary>A damaged file is as good as none: DEL works without.</summary>
    private static CachedAttachment? Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is CniException or IOException or FormatException)
        {
            return null;
        }
    }

    internal static CachedAttachment? Parse(ReadOnlyMemory<byte> json)
    {
        string kind = string.Empty, containerId = string.Empty, ifName = string.Empty, network = string.Empty, config = string.Empty;
        ReadOnlyMemory<byte> result = default;
        var args = new List<KeyValuePair<string, string>>();
        var capabilities = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var reader = new JsonObjectReader(json, "a cached attachment");
        while (reader.Next())
        {
            if (reader.Is("kind"u8))
            {
                kind = reader.String() ?? string.Empty;
            }
            else if (reader.Is("containerId"u8))
            {
                containerId = reader.String() ?? string.Empty;
            }
            else if (reader.Is("config"u8))
            {
                config = reader.String() ?? string.Empty;
            }
            else if (reader.Is("ifName"u8))
            {
                ifName = reader.String() ?? string.Empty;
            }
            else if (reader.Is("networkName"u8))
            {
                network = reader.String() ?? string.Empty;
            }
            else if (reader.Is("cniArgs"u8))
            {
                foreach (var pair in reader.Elements())
                {
                    var texts = JsonObjectReader.StringsOf(pair, "cniArgs");
                    if (texts.Count == 2)
                    {
                        args.Add(new(texts[0], texts[1]));
                    }
                }
            }
            else if (reader.Is("capabilityArgs"u8))
            {
                var text = reader.Object();
                if (!text.IsEmpty)
                {
                    var each = new JsonObjectReader(text, "capabilityArgs");
                    while (each.Next())
                    {
                        var key = each.Key;
                        capabilities[key] = each.Raw();
                    }
                }
            }
            else if (reader.Is("result"u8))
            {
                result = reader.Object();
            }
        }

        if (kind != Kind)
        {
            return null;
        }

        return new CachedAttachment
        {
            Network = network,
            Attachment = new CniAttachment { ContainerId = containerId, NetNs = string.Empty, IfName = ifName, Args = args, CapabilityArgs = capabilities },
            Config = Convert.FromBase64String(config),
            ResultJson = result,
        };
    }

    private string PathOf(string network, string containerId, string ifName) => Path.Join(results, $"{network}-{containerId}-{ifName}");
}
