using System.Globalization;
using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>A number, or a name or percentage in its place: a port, or a share of replicas.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private readonly int number;

    /// <summary>A number.</summary>
    public IntOrString(int value) => number = value;

    /// <summary>A string.</summary>
    public IntOrString(string value) => Text = value;

    /// <summary>The string, or null if this is a number.</summary>
    public string? Text { get; }

    /// <summary>True for a number.</summary>
    public bool IsInt => Text is null;

    /// <summary>The number.</summary>
    /// <exception cref="InvalidOperationException">It is a string.</exception>
    public int Number => IsInt ? number : throw new InvalidOperationException($"'{Text}' is not a number");

    /// <summary>A number.</summary>
    public static implicit operator IntOrString(int value) => new(value);

    /// <summary>A string.</summary>
    public static implicit operator IntOrString(string value) => new(value);

    /// <summary>
    /// The number itself, or for <c>N%</c> that share of <paramref name="total"/>, rounded as told.
    /// </summary>
    /// <exception cref="FormatException">The string is not a percentage.</exception>
    public int Scaled(int total, bool roundUp)
    {
        if (IsInt)
        {
            return number;
        }

        if (Text!.EndsWith('%') && int.TryParse(Text.AsSpan(0, Text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
        {
            var product = (long)percent * total;
            return (int)(roundUp ? (product + 99) / 100 : product / 100);
        }

        throw new FormatException($"'{Text}' is neither a number nor a percentage");
    }

    /// <summary>The number or the string.</summary>
    public override string ToString() => Text ?? number.ToString(CultureInfo.InvariantCulture);
}
