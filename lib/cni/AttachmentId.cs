namespace Podwire.Cni;

/// <summary>What one attachment is known by within a network: the container and its interface.</summary>
public readonly record struct AttachmentId(string ContainerId, string IfName);
