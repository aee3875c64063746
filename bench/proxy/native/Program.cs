return await Podwire.Proxy.ProxyProgram.RunAsync(args);
