using Podwire.Proxy;
using Podwire.ProxyBench;

// «proxy ARG...» is podwire-proxy itself, for where no native executable was built.
return args switch
{
    ["proxy", .. var rest] => await ProxyProgram.RunAsync(rest),
    ["bench", var services, var endpoints, .. var binary] => await new ProxyBench(int.Parse(services), int.Parse(endpoints), binary.FirstOrDefault()).RunAsync(),
    _ => throw new ArgumentException("bench SERVICES ENDPOINTS [PROXY-EXECUTABLE] | proxy ARG..."),
};
