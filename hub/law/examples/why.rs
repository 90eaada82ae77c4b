use law::classify::*; use law::vocabulary;
fn main(){
 let v=vocabulary::starting().unwrap(); let c=Classifier::new(&v).unwrap();
 let stdin=std::io::read_to_string(std::io::stdin()).unwrap();
 for l in stdin.lines(){
  let j: serde_json::Value=serde_json::from_str(l).unwrap();
  let s=|k:&str| j[k].as_str().unwrap_or("").to_owned();
  let (t,su,b)=(s("text"),s("summary"),s("body"));
  let r=c.classify(&Text{title:&t,summary:&su,body:&b,..Text::default()});
  let g=|g:&Option<Guess>| g.as_ref().map(|g| serde_json::json!({"slug":g.slug,"confidence":g.confidence,"reasons":g.reasons.iter().map(|r| serde_json::json!([r.expression,format!("{:?}",r.place),r.weight])).collect::<Vec<_>>()}));
  println!("{}",serde_json::json!({"id":s("id"),"text":t,"expected":s("field"),"field":g(&r.field),"next":g(&r.runner_up),"audience":j["audience"],"aud":r.audiences.iter().map(|g| serde_json::json!([g.slug,g.confidence,g.reasons.iter().map(|r| format!("{}@{:?}:{:.2}",r.expression,r.place,r.weight)).collect::<Vec<_>>()])).collect::<Vec<_>>()}));
 }
}
