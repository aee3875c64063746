namespace Podwire.Ruleset;

/// <summary>The period of a rate; the values are seconds, as the kernel takes them.</summary>
public enum LimitUnit : uint
{
    /// <summary>1 s.</summary>
    Second = 1,

    /// <summary>60 s.</summary>
    Minute = 60,

    /// <summary>3600 s.</summary>
    Hour = 3600,

    /// <summary>86400 s.</summary>
    Day = 86400,
}
