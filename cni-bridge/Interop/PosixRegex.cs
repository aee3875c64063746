using System.Runtime.InteropServices;

namespace Podwire.CniBridge.Interop;

/// <summary>
/// Extended regular expressions of regcomp(3): the C library has them anyhow, and the framework's would double the size of an executable
/// that uses them for a few lines of one file.
/// </summary>
internal static unsafe partial class PosixRegex
{
    // regex.h of glibc: sizeof(regex_t) is 64 on 64-bit machines; room to spare.
    private const int RegexLength = 256;
    private const int REG_EXTENDED = 1;
    private const int REG_NOSUB = 8;

    /// <summary>True if the pattern matches somewhere in the text; null if it is not a pattern.</summary>
    internal static bool? Matches(string pattern, string text)
    {
        var compiled = stackalloc byte[RegexLength];
        if (Compile(compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        {
            return null;
        }

        try
        {
            return Execute(compiled, text, 0, null, 0) == 0;
        }
        finally
        {
            Free(compiled);
        }
    }

    [LibraryImport("libc", EntryPoint = "regcomp", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Compile(byte* compiled, string pattern, int flags);

    [LibraryImport("libc", EntryPoint = "regexec", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(byte* compiled, string text, nuint matches, void* match, int flags);

    [LibraryImport("libc", EntryPoint = "regfree")]
    private static partial void Free(byte* compiled);
}
