namespace Podwire.Cni.Interop;

/// <summary>_exit(2).</summary>
internal static class ProcessExit
{
    internal static void Now(int code) => Libc.Exit(code);
}
