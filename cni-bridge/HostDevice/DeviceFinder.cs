using Podwire.Netlink.Route;

namespace Podwire.CniBridge.HostDevice;

/// <summary>Finds the device that a configuration names, through the kernel's lists and sysfs.</summary>
internal static class DeviceFinder
{
    private const string PciDevices = "/sys/bus/pci/devices";
    private const string AuxiliaryDevices = "/sys/bus/auxiliary/devices";

    // Drivers that hand a device to user space: the kernel has no interface of it then.
    private static readonly string[] UserSpaceDrivers = ["vfio-pci", "uio_pci_generic", "igb_uio"];

    /// <summary>The link in the socket's namespace; null if it is not there.</summary>
    internal static Link? Find(HostDeviceConfig config, RouteSocket socket)
    {
        if (config.Device.Length > 0)
        {
            return socket.GetLink(config.Device);
        }

        if (config.Mac is { } mac)
        {
            return socket.ListLinks().Find(l => l.Mac == mac);
        }

        var folders = config.KernelPath.Length > 0 ? [Path.Join(config.KernelPath, "net")] : BusFolders(config.BusId);
        return folders.SelectMany(Names).Select(socket.GetLink).FirstOrDefault(l => l is not null);
    }

    /// <summary>True if the device is driven from user space (DPDK): there is no interface to move.</summary>
    internal static bool IsUserSpace(HostDeviceConfig config)
    {
        if (config.BusId.Length == 0 || config.Device.Length > 0 || config.Mac is not null || config.KernelPath.Length > 0)
        {
            return false;
        }

        var driver = new DirectoryInfo(Path.Join(PciDevices, config.BusId, "driver"));
        return driver.LinkTarget is { } target && UserSpaceDrivers.Contains(Path.GetFileName(target));
    }

    /// <summary>A device's own folder of interfaces, or that of the virtio device on it.</summary>
    private static IEnumerable<string> BusFolders(string id)
    {
        yield return Path.Join(PciDevices, id, "net");
        var device = Path.Join(PciDevices, id);
        if (Directory.Exists(device))
        {
            foreach (var virtio in Directory.GetDirectories(device, "virtio*").Order(StringComparer.Ordinal))
            {
                yield return Path.Join(virtio, "net");
            }
        }

        yield return Path.Join(AuxiliaryDevices, id, "net");
    }

    private static IEnumerable<string> Names(string folder) => Directory.Exists(folder)
        ? Directory.GetFileSystemEntries(folder).Select(e => Path.GetFileName(e)).Order(StringComparer.Ordinal)
        : [];
}
