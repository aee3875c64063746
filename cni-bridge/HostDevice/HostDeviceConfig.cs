using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge.HostDevice;

/// <summary>The members of a configuration that are host-device's own, checked: one of four ways to name a device of the node.</summary>
internal sealed record HostDeviceConfig
{
    /// <summary><c>device</c>: its name.</summary>
    internal string Device { get; private init; } = string.Empty;

    /// <summary><c>hwaddr</c>: its MAC address.</summary>
    internal MacAddress? Mac { get; private init; }

    /// <summary><c>kernelpath</c>: its path below /sys/devices.</summary>
    internal string KernelPath { get; private init; } = string.Empty;

    /// <summary><c>runtimeConfig.deviceID</c>, else <c>pciBusID</c>: its PCI address, or the name of an auxiliary device.</summary>
    internal string BusId { get; private init; } = string.Empty;

    /// <summary>Reads and checks.</summary>
    /// <exception cref="CniException">Code 6: a wrong type; 7: no device is named, or its name cannot be one.</exception>
    internal static HostDeviceConfig Parse(NetworkConfig config)
    {
        var read = Read(config.Json);
        if (RuntimeDevice(config.RuntimeConfig) is { Length: > 0 } id)
        {
            read = read with { BusId = id };
        }

        if (read.Device.Length == 0 && read.Mac is null && read.KernelPath.Length == 0 && read.BusId.Length == 0)
        {
            throw Invalid("none of \"device\", \"hwaddr\", \"kernelpath\" and \"pciBusID\" names a device");
        }

        if (read.Device.Length > 0 && !CniNames.IsInterfaceName(read.Device))
        {
            throw Invalid($"\"device\" is not an interface name: {read.Device}");
        }

        if (read.KernelPath.Length > 0 && (!read.KernelPath.StartsWith("/sys/devices/", StringComparison.Ordinal) || read.KernelPath.Contains("..", StringComparison.Ordinal)))
        {
            throw Invalid($"\"kernelpath\" does not lead below /sys/devices/: {read.KernelPath}");
        }

        // It becomes a part of a path.
        return read.BusId.Length == 0 || (read.BusId.IndexOfAny(['/', '\0', '*']) < 0 && read.BusId is not ("." or ".."))
            ? read
            : throw Invalid($"the device's ID is not one: {read.BusId}");
    }

    /// <summary>The device as the configuration names it, for messages.</summary>
    public override string ToString() =>
        Device.Length > 0 ? $"device {Device}"
        : Mac is { } mac ? $"device with the MAC address {mac}"
        : KernelPath.Length > 0 ? $"device at {KernelPath}"
        : $"device {BusId}";

    private static HostDeviceConfig Read(ReadOnlyMemory<byte> json)
    {
        var config = new HostDeviceConfig();
        var reader = new JsonObjectReader(json, "the network configuration");
        while (reader.Next())
        {
            if (reader.Is("device"u8))
            {
                config = config with { Device = reader.String() ?? string.Empty };
            }
            else if (reader.Is("hwaddr"u8))
            {
                config = config with { Mac = MacOption.Parse(reader.String()) };
            }
            else if (reader.Is("kernelpath"u8))
            {
                config = config with { KernelPath = reader.String() ?? string.Empty };
            }
            else if (reader.Is("pciBusID"u8))
            {
                config = config with { BusId = reader.String() ?? string.Empty };
            }
        }

        return config;
    }

    private static string? RuntimeDevice(ReadOnlyMemory<byte> json)
    {
        string? id = null;
        if (!json.IsEmpty)
        {
            var reader = new JsonObjectReader(json, "runtimeConfig");
            while (reader.Next())
            {
                if (reader.Is("deviceID"u8))
                {
                    id = reader.String();
                }
            }
        }

        return id;
    }

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
