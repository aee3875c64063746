using System.Buffers;
using System.Text.Json;
using Podwire.Cni;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tuning;

/// <summary>
/// What an interface had before it was tuned, kept until DEL in the reference's file (<c>DATADIR/CONTAINER_IFNAME.json</c>) and format.
/// Two members are ours: the network, by which GC knows its own files, and the interface's index, by which an ADD that is tried again
/// knows that what was saved first is what to restore.
/// </summary>
internal sealed record SavedSettings
{
    /// <summary>The network; empty in a file of the reference's.</summary>
    internal string Network { get; private init; } = string.Empty;

    /// <summary>The interface's index; 0 in a file of the reference's.</summary>
    internal int Index { get; private init; }

    /// <summary>The MAC address, if it is tuned.</summary>
    internal MacAddress? Mac { get; private init; }

    /// <summary>Promiscuous mode, if it is tuned.</summary>
    internal bool? Promiscuous { get; private init; }

    /// <summary>The MTU in bytes, if it is tuned.</summary>
    internal int? Mtu { get; private init; }

    /// <summary>The reception of all groups, if it is tuned.</summary>
    internal bool? AllMulticast { get; private init; }

    /// <summary>The length of the transmit queue in packets, if it is tuned.</summary>
    internal int? TxQueueLength { get; private init; }

    /// <summary>How to put an interface back.</summary>
    internal LinkChange Restore => new() { Mac = Mac, Promiscuous = Promiscuous, Mtu = Mtu, AllMulticast = AllMulticast, TxQueueLength = TxQueueLength };

    /// <summary>The file of an attachment. Its parts are names that are checked, and hold no '/'.</summary>
    internal static string PathOf(string dataDir, AttachmentId attachment) => Path.Join(dataDir, $"{attachment.ContainerId}_{attachment.IfName}.json");

    /// <summary>What will have to be restored after tuning a link.</summary>
    internal static SavedSettings Of(TuningConfig config, string network, Link link) => new()
    {
        Network = network,
        Index = link.Index,
        Mac = config.Mac is null ? null : link.Mac,
        Promiscuous = config.Promiscuous == true ? (link.Flags & LinkFlags.Promiscuous) != 0 : null,
        Mtu = config.Mtu is null ? null : link.Mtu,
        AllMulticast = config.AllMulticast is null ? null : (link.Flags & LinkFlags.AllMulticast) != 0,
        TxQueueLength = config.TxQueueLength is null ? null : link.TxQueueLength,
    };

    /// <summary>These, with what was saved of the same interface before in their place.</summary>
    internal SavedSettings Under(SavedSettings? earlier) => earlier is null || earlier.Index != Index || earlier.Network != Network ? this : this with
    {
        Mac = earlier.Mac ?? Mac,
        Promiscuous = earlier.Promiscuous ?? Promiscuous,
        Mtu = earlier.Mtu ?? Mtu,
        AllMulticast = earlier.AllMulticast ?? AllMulticast,
        TxQueueLength = earlier.TxQueueLength ?? TxQueueLength,
    };

    /// <summary>Reads a file; null if there is none, or none that can be read: then there is nothing to restore.</summary>
    internal static SavedSettings? Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CniException)
        {
            return null;
        }
    }

    /// <summary>Writes a file so that it is there whole or not at all.</summary>
    internal void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(temporary, ToJson());
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Decodes a file.</summary>
    /// <exception cref="CniException">Code 6 or 7.</exception>
    internal static SavedSettings Parse(ReadOnlyMemory<byte> json)
    {
        var saved = new SavedSettings();
        var reader = new JsonObjectReader(json, "the saved settings");
        while (reader.Next())
        {
            if (reader.Is("mac"u8))
            {
                saved = saved with { Mac = MacOption.Parse(reader.String()) };
            }
            else if (reader.Is("promisc"u8))
            {
                saved = saved with { Promiscuous = reader.BooleanOrNull() };
            }
            else if (reader.Is("mtu"u8))
            {
                saved = saved with { Mtu = reader.Int32() is > 0 and var mtu ? mtu : null };
            }
            else if (reader.Is("allmulti"u8))
            {
                saved = saved with { AllMulticast = reader.BooleanOrNull() };
            }
            else if (reader.Is("txQLen"u8))
            {
                saved = saved with { TxQueueLength = reader.Int32OrNull() };
            }
            else if (reader.Is("network"u8))
            {
                saved = saved with { Network = reader.String() ?? string.Empty };
            }
            else if (reader.Is("ifindex"u8))
            {
                saved = saved with { Index = reader.Int32() };
            }
        }

        return saved;
    }

    /// <summary>Encodes it.</summary>
    internal byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, CniJson.WriterOptions))
        {
            json.WriteStartObject();
            if (Mac is { } mac)
            {
                json.WriteString("mac"u8, mac.ToString());
            }

            if (Promiscuous is { } promiscuous)
            {
                json.WriteBoolean("promisc"u8, promiscuous);
            }

            if (Mtu is { } mtu)
            {
                json.WriteNumber("mtu"u8, mtu);
            }

            if (AllMulticast is { } all)
            {
                json.WriteBoolean("allmulti"u8, all);
            }

            if (TxQueueLength is { } length)
            {
                json.WriteNumber("txQLen"u8, length);
            }

            json.WriteString("network"u8, Network);
            json.WriteNumber("ifindex"u8, Index);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
