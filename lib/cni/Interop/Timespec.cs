namespace Podwire.Cni.Interop;

/// <summary>struct timespec of 64-bit Linux.</summary>
internal readonly record struct Timespec(long Seconds, long Nanoseconds);
