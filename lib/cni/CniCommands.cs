namespace Podwire.Cni;

/// <summary>The text of each <see cref="CniCommand"/> as CNI_COMMAND carries it.</summary>
public static class CniCommands
{
    /// <summary>The verb in capitals.</summary>
    public static string ToWire(this CniCommand command) => command switch
    {
        CniCommand.Add => "ADD",
        CniCommand.Del => "DEL",
        CniCommand.Check => "CHECK",
        CniCommand.Gc => "GC",
        CniCommand.Status => "STATUS",
        CniCommand.Version => "VERSION",
        _ => throw new ArgumentOutOfRangeException(nameof(command)),
    };

    /// <summary>Reads a verb; case matters.</summary>
    public static bool TryParse(string text, out CniCommand command)
    {
        (var known, command) = text switch
        {
            "ADD" => (true, CniCommand.Add),
            "DEL" => (true, CniCommand.Del),
            "CHECK" => (true, CniCommand.Check),
            "GC" => (true, CniCommand.Gc),
            "STATUS" => (true, CniCommand.Status),
            "VERSION" => (true, CniCommand.Version),
            _ => (false, default),
        };
        return known;
    }
}
