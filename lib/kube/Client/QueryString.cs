using System.Globalization;
using System.Text;

namespace Podwire.Kube;

/// <summary>Builds the part of a request's address behind the question mark; nulls are left out.</summary>
internal sealed class QueryString
{
    private readonly StringBuilder text = new();

    public void Add(string name, string? value)
    {
        if (value is not null)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    public void Add(string name, int? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => text.ToString();
}
