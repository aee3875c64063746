using Podwire.Primitives;

namespace Podwire.Proxy.Apply;

/// <summary>A family that could not be brought up to its model.</summary>
/// <param name="Family">The family.</param>
/// <param name="IsPartial">What was refused was a change alone; false where everything had been compared.</param>
/// <param name="Reason">What the kernel, or the program that speaks to it, said.</param>
internal readonly record struct SyncFailure(IpFamily Family, bool IsPartial, Exception Reason);
