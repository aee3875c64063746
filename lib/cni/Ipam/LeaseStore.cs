using Microsoft.Win32.SafeHandles;
using Podwire.Cni.Interop;
using Podwire.Primitives;

namespace Podwire.Cni.Ipam;

/// <summary>
/// The leases of one network, locked against every other process while this object lives. On disk they are the reference's:
/// <c>DATADIR/NETWORK/ADDRESS</c> holding <c>containerID\r\nifname</c>, <c>last_reserved_ip.N</c>, and flock(2) on <c>lock</c>, so that
/// a node can go from one to the other and back. A lease appears complete or not at all: it is written aside and linked into place.
/// <para>
/// Finding an attachment's leases does not read them all: <c>DATADIR/.podwire/NETWORK/BOOT</c> has an entry per attachment that names
/// its addresses. An entry is written before its lease and removed after it, so it names too much rather than too little, and what it
/// names is looked at. The two folders carry the same modification time when we leave them; where they differ, someone else changed
/// the leases, and they are all read once. Then, too, empty files of a crash and leases of an earlier boot are removed.
/// </para>
/// </summary>
public sealed class LeaseStore : IDisposable
{
    private const string LockName = "lock";
    private const string LastReservedName = "last_reserved_ip.";
    private const string IndexFolder = ".podwire";
    private const string LineBreak = "\r\n";
    private const int MaxEntryName = 250;

    private readonly string folder;
    private readonly string indexParent;
    private readonly string index;
    private readonly SafeFileHandle gate;
    private readonly DateTimeOffset bootBegan;
    private bool changed;

    private LeaseStore(string folder, string indexParent, string bootId, DateTimeOffset bootBegan, SafeFileHandle gate)
    {
        this.folder = folder;
        this.indexParent = indexParent;
        this.bootBegan = bootBegan;
        this.gate = gate;
        index = Path.Join(indexParent, bootId);
    }

    /// <summary>Waits for the lock and opens the network's leases, making the folders if need be.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    public static LeaseStore Open(string dataDir, string network) => Open(dataDir, network, create: true, BootTime.ReadId(), default)!;

    /// <summary>As <see cref="Open(string, string)"/>; null if nothing was ever leased there.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    public static LeaseStore? OpenExisting(string dataDir, string network) => Open(dataDir, network, create: false, BootTime.ReadId(), default);

    internal static LeaseStore? Open(string dataDir, string network, bool create, string bootId, DateTimeOffset bootBegan)
    {
        var folder = Path.Join(dataDir, network);
        var gatePath = Path.Join(folder, LockName);
        var gate = SmallFile.OpenLocked(gatePath);
        if (gate is null)
        {
            if (!create)
            {
                return null;
            }

            MakeFolder(folder);
            gate = SmallFile.OpenLocked(gatePath) ?? throw new CniException(CniErrorCode.IoFailure, $"{folder} was removed while it was being made");
        }

        var store = new LeaseStore(folder, Path.Join(dataDir, IndexFolder, network), bootId, bootBegan, gate);
        try
        {
            if (!store.IndexIsCurrent())
            {
                store.Rebuild();
            }

            return store;
        }
        catch
        {
            gate.Dispose();
            throw;
        }
    }

    /// <summary>The addresses that an attachment has, in no order.</summary>
    public IReadOnlyList<IpAddress> Find(AttachmentId attachment)
    {
        var found = new List<IpAddress>();
        foreach (var address in Indexed(EntryPath(attachment)))
        {
            if (At(address) is { } lease && lease.BelongsTo(attachment))
            {
                found.Add(address);
            }
        }

        // A lease without an interface, as old releases wrote it, belongs to whichever interface asks.
        if (found.Count == 0)
        {
            foreach (var address in Indexed(EntryPath(attachment with { IfName = string.Empty })))
            {
                if (At(address) is { } lease && lease.BelongsTo(attachment))
                {
                    found.Add(address);
                }
            }
        }

        return found;
    }

    /// <summary>Who has an address; null if it is free.</summary>
    public Lease? At(IpAddress address) => SmallFile.Read(LeasePath(address)) is { } text && Parse(address, text) is { } lease ? lease : null;

    /// <summary>Takes an address if it is free.</summary>
    public bool TryReserve(IpAddress address, AttachmentId attachment)
    {
        var path = LeasePath(address);
        if (FileStat.TryGet(path, out var stat))
        {
            if (stat.Size > 0)
            {
                return false;
            }

            SmallFile.Remove(path);
        }

        changed = true;
        var entry = EntryPath(attachment);
        Note(entry, address);
        var aside = Path.Join(index, ".lease");
        SmallFile.Remove(aside);
        SmallFile.Write(aside, attachment.ContainerId + LineBreak + attachment.IfName, exclusive: true);
        var taken = SmallFile.TryLink(aside, path);
        SmallFile.Remove(aside);
        return taken;
    }

    /// <summary>Frees one address of an attachment.</summary>
    public void Release(Lease lease)
    {
        changed = true;
        SmallFile.Remove(LeasePath(lease.Address));
        var entry = EntryPath(lease.Owner);

        // An entry is never rewritten: to be killed between emptying and writing it would lose the other addresses. One too many is none.
        if (Indexed(entry).TrueForAll(a => a == lease.Address))
        {
            SmallFile.Remove(entry);
        }
    }

    /// <summary>Frees all addresses of an attachment; returns them.</summary>
    public IReadOnlyList<IpAddress> Release(AttachmentId attachment)
    {
        var found = Find(attachment);
        foreach (var address in found)
        {
            changed = true;
            SmallFile.Remove(LeasePath(address));
        }

        if (SmallFile.Remove(EntryPath(attachment)))
        {
            changed = true;
        }

        return found;
    }

    /// <summary>Removes the index's entries of attachments that have no lease: whose leases someone else removed, or that were killed before they had one.</summary>
    public void RemoveDeadEntries()
    {
        changed = true;
        foreach (var entry in Directory.EnumerateFiles(index))
        {
            if (!Indexed(entry).Exists(a => At(a) is { } lease && EntryPath(lease.Owner) == entry))
            {
                SmallFile.Remove(entry);
            }
        }
    }

    /// <summary>Every lease, read from the files themselves.</summary>
    public IReadOnlyList<Lease> All()
    {
        var leases = new List<Lease>();
        foreach (var (address, path) in LeaseFiles())
        {
            if (SmallFile.Read(path) is { } text && Parse(address, text) is { } lease)
            {
                leases.Add(lease);
            }
        }

        return leases;
    }

    /// <summary>The address that a range set gave out last; <c>default</c> if that is not known.</summary>
    public IpAddress LastReserved(int set) =>
        SmallFile.Read(Path.Join(folder, LastReservedName + set)) is { } text && IpAddress.TryParse(text.AsSpan().Trim(), out var address) ? address : default;

    /// <summary>Notes it.</summary>
    public void SetLastReserved(int set, IpAddress address)
    {
        // The first time, this makes a file, and so changes the folder.
        changed = true;
        SmallFile.Write(Path.Join(folder, LastReservedName + set), address.ToString());
    }

    /// <summary>Marks the index as current and lets others in.</summary>
    public void Dispose()
    {
        if (changed && FileStat.TryGet(folder, out var stat))
        {
            changed = false;
            SmallFile.SetModified(index, stat.Modified);
        }

        gate.Dispose();
    }

    private static void MakeFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"cannot make the folder {path}", e.Message, e);
        }
    }

    private static Lease? Parse(IpAddress address, string text)
    {
        var lines = text.AsSpan().Trim();
        if (lines.IsEmpty)
        {
            return null;
        }

        var end = lines.IndexOfAny('\r', '\n');
        return end < 0
            ? new(address, new(lines.ToString(), string.Empty))
            : new Lease(address, new(lines[..end].TrimEnd().ToString(), lines[end..].Trim().ToString()));
    }

    /// <summary>Adds an address to an entry. The line break comes first: what is there may end without one.</summary>
    private static void Note(string entry, IpAddress address)
    {
        if (!Indexed(entry).Contains(address))
        {
            SmallFile.Append(entry, "\n" + address);
        }
    }

    private static List<IpAddress> Indexed(string entry)
    {
        var addresses = new List<IpAddress>();
        foreach (var line in SmallFile.Read(entry)?.Split('\n') ?? [])
        {
            if (IpAddress.TryParse(line, out var address) && !addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    private bool IndexIsCurrent() =>
        FileStat.TryGet(index, out var ours) && FileStat.TryGet(folder, out var theirs) && ours.Modified == theirs.Modified;

    private IEnumerable<(IpAddress Address, string Path)> LeaseFiles()
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            if (IpAddress.TryParse(Path.GetFileName(path.AsSpan()), out var address))
            {
                yield return (address, path);
            }
        }
    }

    /// <summary>Reads every lease once; a file at a time, since a plugin has little memory and a network may have tens of thousands.</summary>
    private void Rebuild()
    {
        var newBoot = !Directory.Exists(index);
        if (newBoot)
        {
            RemoveEarlierBoots();
        }

        MakeFolder(index);
        changed = true;
        var began = bootBegan == default ? BootTime.ReadBegan() : bootBegan;
        foreach (var (address, path) in LeaseFiles())
        {
            if (SmallFile.Read(path) is not { } text || Parse(address, text) is not { } lease
                || (newBoot && File.GetLastWriteTimeUtc(path) < began.UtcDateTime))
            {
                SmallFile.Remove(path);
                continue;
            }

            Note(EntryPath(lease.Owner), address);
        }

        RemoveDeadEntries();
    }

    /// <summary>Frees what the index of earlier boots names, which nothing alive can own, and removes that index.</summary>
    private void RemoveEarlierBoots()
    {
        if (!Directory.Exists(indexParent))
        {
            return;
        }

        foreach (var boot in Directory.EnumerateDirectories(indexParent))
        {
            foreach (var entry in Directory.EnumerateFiles(boot))
            {
                foreach (var address in Indexed(entry))
                {
                    if (At(address) is { } lease && EntryName(lease.Owner) == Path.GetFileName(entry))
                    {
                        SmallFile.Remove(LeasePath(address));
                    }
                }
            }

            Directory.Delete(boot, recursive: true);
        }
    }

    private string LeasePath(IpAddress address) => Path.Join(folder, address.ToString());

    private string EntryPath(AttachmentId attachment) => Path.Join(index, EntryName(attachment));

    /// <summary>Neither part can hold a ':', so the name is unambiguous; both are checked to be safe in a path. A name too long for a file is cut and told apart by its hash.</summary>
    private static string EntryName(AttachmentId attachment)
    {
        var name = $"{attachment.ContainerId}:{attachment.IfName}";
        return name.Length <= MaxEntryName ? name : $"{name[..(MaxEntryName - 17)]}#{Fnv1a.Hash64(name):x16}";
    }
}
