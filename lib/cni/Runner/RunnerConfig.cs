using System.Buffers;
using System.Text.Json;

namespace Podwire.Cni;

/// <summary>Makes the configuration that one plugin of a list gets on stdin (specification, «Deriving execution configuration from plugin configuration»).</summary>
internal static class RunnerConfig
{
    /// <summary>The plugin's own text with the list's name and version, the capability arguments it declares, and the result so far.</summary>
    internal static byte[] Of(NetworkConfigList list, PluginConfig plugin, CniAttachment? attachment, ReadOnlyMemory<byte> previous)
    {
        ReadOnlyMemory<byte> runtime = attachment is null ? default : Capabilities(plugin, attachment);
        return CniJson.Set(
            plugin.Json,
            new("cniVersion", CniJson.String(list.Version.ToString())),
            new("name", CniJson.String(list.Name)),
            new("cniVersions", default),
            new("capabilities", default),
            new("runtimeConfig", runtime),
            new("prevResult", previous));
    }

    /// <summary>The text of <c>cni.dev/valid-attachments</c>.</summary>
    internal static byte[] Attachments(IEnumerable<AttachmentId> valid)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, CniJson.WriterOptions))
        {
            json.WriteStartArray();
            foreach (var (containerId, ifName) in valid)
            {
                json.WriteStartObject();
                json.WriteString("containerID"u8, containerId);
                json.WriteString("ifname"u8, ifName);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Capabilities(PluginConfig plugin, CniAttachment attachment)
    {
        var declared = attachment.CapabilityArgs.Where(c => plugin.Capabilities.Contains(c.Key)).ToList();
        if (declared.Count == 0)
        {
            return [];
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, CniJson.WriterOptions))
        {
            json.WriteStartObject();
            foreach (var (key, value) in declared)
            {
                json.WritePropertyName(key);
                json.WriteRawValue(value.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
