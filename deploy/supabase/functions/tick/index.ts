// The Edge Function "tick": passes a call of pg_cron on to POST /tick of `autopilot serve`.
//
// It makes nothing itself: an issue takes longer than a function may run. Its use is that the secret
// of the tick endpoint is known to the function alone. Its own secrets, set once:
//   supabase secrets set AUTOPILOT_TICK_URL=https://news.example.org/tick \
//     AUTOPILOT_TICK_SECRET=... TICK_CALLER_SECRET=...
//   supabase functions deploy tick --no-verify-jwt
// TICK_CALLER_SECRET is what callers show, as tick.sql has it in the Vault.

const PATIENCE_MILLISECONDS = 58_000;

function sameText(one, other) {
  const [a, b] = [one, other].map((text) => new TextEncoder().encode(text));
  let different = a.length ^ b.length;
  for (let place = 0; place < b.length; place++) different |= (a[place] ?? 0) ^ b[place];
  return different === 0;
}

function told(status, detail) {
  return Response.json({ detail }, { status });
}

Deno.serve(async (request) => {
  const [url, secret, caller] = ["AUTOPILOT_TICK_URL", "AUTOPILOT_TICK_SECRET", "TICK_CALLER_SECRET"]
    .map((name) => Deno.env.get(name) ?? "");
  if (!url || secret.length < 16 || caller.length < 16) {
    return told(500, "Set AUTOPILOT_TICK_URL, AUTOPILOT_TICK_SECRET and TICK_CALLER_SECRET.");
  }
  if (request.method !== "POST") return told(405, "Call it with POST.");
  if (!sameText(request.headers.get("authorization") ?? "", `Bearer ${caller}`)) {
    return told(401, "The caller's secret is missing or wrong.");
  }
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
      body: JSON.stringify({ seconds: 50 }),
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    return new Response(await answer.text(), {
      status: answer.status,
      headers: { "content-type": "application/json" },
    });
  } catch (error) {
    console.error("The tick endpoint did not answer:", error);
    return told(502, "The tick endpoint did not answer.");
  }
});
