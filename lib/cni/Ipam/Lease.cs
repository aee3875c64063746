using Podwire.Primitives;

namespace Podwire.Cni.Ipam;

/// <summary>An address and the attachment that has it; the interface is empty in leases that old releases of the reference wrote.</summary>
public readonly record struct Lease(IpAddress Address, AttachmentId Owner)
{
    /// <summary>True if the lease is this attachment's.</summary>
    public bool BelongsTo(AttachmentId attachment) =>
        Owner.ContainerId == attachment.ContainerId && (Owner.IfName.Length == 0 || Owner.IfName == attachment.IfName);
}
