namespace Podwire.CniCalico.Agent.Compile;

/// <summary>Names of links by pattern, as a BGPFilter's <c>interface</c> has them: * is any text, ? any character.</summary>
internal static class LinkPattern
{
    /// <summary>True if the whole name is as the pattern says.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // What the last * stands for grows until the rest fits.
        var (at, place, star, taken) = (0, 0, -1, 0);
        while (place < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, taken) = (at++, place);
            }
            else if (at < pattern.Length && (pattern[at] == '?' || pattern[at] == name[place]))
            {
                (at, place) = (at + 1, place + 1);
            }
            else if (star >= 0)
            {
                (at, place) = (star + 1, ++taken);
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimEnd('*').IsEmpty;
    }
}
