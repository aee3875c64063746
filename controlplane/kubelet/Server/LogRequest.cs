using System.Globalization;
using Microsoft.AspNetCore.Http;
using Podwire.Kubelet.Logs;

namespace Podwire.Kubelet.Server;

/// <summary>The query of /containerLogs (core/v1 PodLogOptions).</summary>
/// <param name="Options">Which part of the log.</param>
/// <param name="Previous">Of the attempt before the latest.</param>
internal sealed record LogRequest(LogOptions Options, bool Previous)
{
    /// <summary>Reads it; false with what is wrong.</summary>
    public static bool TryRead(IQueryCollection query, DateTimeOffset now, out LogRequest request, out string problem)
    {
        problem = "";
        DateTimeOffset? since = null;
        long? Number(string name, ref string wrong)
        {
            if (query[name].FirstOrDefault() is not { Length: > 0 } text)
            {
                return null;
            }

            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            wrong = $"{name}: '{text}' is no whole number of 0 or more";
            return null;
        }

        bool Switch(string name, ref string wrong)
        {
            var text = query[name].FirstOrDefault();
            wrong = text is null or "" or "true" or "false" or "1" or "0" ? wrong : $"{name}: '{text}' is neither true nor false";
            return text is "true" or "1";
        }

        if (Number("sinceSeconds", ref problem) is { } seconds)
        {
            since = now - TimeSpan.FromSeconds(seconds);
        }

        if (query["sinceTime"].FirstOrDefault() is { Length: > 0 } time)
        {
            if (DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            {
                since = at;
            }
            else
            {
                problem = $"sinceTime: '{time}' is no time in RFC 3339";
            }
        }

        request = new(
            new()
            {
                Follow = Switch("follow", ref problem),
                TailLines = Number("tailLines", ref problem),
                Since = since,
                Timestamps = Switch("timestamps", ref problem),
                LimitBytes = Number("limitBytes", ref problem),
            },
            Switch("previous", ref problem));
        return problem.Length == 0;
    }
}
